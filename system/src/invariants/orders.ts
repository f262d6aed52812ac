import { moved, recorded, settled } from './money.js';
import { unless, type Violation } from './rules.js';
import type { Line, OrderRow, Saga } from './snapshot.js';

const templates: Readonly<Record<string, string>> = { COMPLETED: 'order-completed', CANCELLED: 'order-cancelled' };

/** Holds once every order has ended and nothing moves any more: what the five services and the providers know of one order agrees. */
export function endedSaga(saga: Saga): Violation[] {
  const { orderId, order } = saga;
  if (order === undefined) return [{ rule: 'every record belongs to an order', detail: orderId }];
  const ended = order.status in templates;
  return [
    ...unless(ended, 'every order ends', () => `${orderId} is ${order.status}`),
    ...settled(saga),
    ...recorded(saga),
    ...(saga.providers === undefined ? [] : moved(saga.providers)),
    ...parcel(saga),
    ...goods(saga),
    ...told(saga),
  ];
}

/** A parcel is on its way exactly if the order is completed, by the record of the shipping service and of the carrier. */
function parcel({ orderId, order, shipment, providers }: Saga): Violation[] {
  const completed = order?.status === 'COMPLETED';
  const rule = completed ? 'a completed order is on its way' : 'no parcel of a cancelled order is on its way';
  const onItsWay = shipment !== undefined && shipment.trackingNumber !== null && !shipment.recalled;
  const violations = unless(onItsWay === completed, rule, () => `${orderId}, says the shipping service`);
  if (providers?.parcels === undefined) return violations;
  const { parcels, recalled = [] } = providers;
  const gone = parcels.filter((each) => !recalled.includes(each));
  const known = [shipment?.trackingNumber, ...(shipment?.surplusParcels ?? [])];
  const unknown = [
    ...parcels.filter((each) => !known.includes(each)),
    ...recalled.filter((each) => each === shipment?.trackingNumber && !shipment.recalled),
  ];
  return [
    ...violations,
    ...unless(gone.length > 0 === completed, rule, () => `${orderId}, says the carrier`),
    ...parcelBooked(orderId, parcels, recalled),
    ...unless(unknown.length === 0, 'no effect without its record', () => `parcel ${unknown.join()} of ${orderId}`),
  ];
}

/** At any moment, but a second parcel breaks it until it has been called back. */
export function parcelBooked(orderId: string, parcels: readonly string[], recalled: readonly string[] = []): Violation[] {
  const gone = parcels.filter((each) => !recalled.includes(each));
  return unless(gone.length <= 1, 'at most one parcel per order', () => `${orderId}: ${gone.join()}`);
}

/** The stock of a completed order has left the warehouse, that of any other is back. */
function goods({ orderId, order, reservation }: Saga): Violation[] {
  const status = reservation?.status ?? 'none';
  const detail = () => `${orderId}: ${status}`;
  if (order?.status !== 'COMPLETED')
    return unless(status !== 'reserved' && status !== 'committed', 'a cancelled order holds no stock', detail);
  const same = reservation !== undefined && key(reservation.items) === key(order.items);
  return unless(status === 'committed' && same, 'the stock of a completed order has left', detail);
}

const key = (lines: readonly Line[]) =>
  lines
    .map(({ sku, quantity }) => `${sku} ${quantity}`)
    .sort()
    .join();

/** Exactly one message says how the order ended, and no message was sent twice. */
function told({ orderId, order, told: messages }: Saga): Violation[] {
  if (messages === undefined || order === undefined) return [];
  const ending = templates[order.status];
  const once = new Set(messages).size === messages.length;
  const right = Object.values(templates).every((each) => messages.includes(each) === (each === ending));
  return unless(
    once && right,
    'the customer is told once',
    () => `${orderId} is ${order.status}: ${messages.join() || 'nothing'}`,
  );
}

/** An order that its client was told of is in the table, at any moment after. */
export function durable(accepted: Iterable<string>, orders: Iterable<Pick<OrderRow, 'orderId'>>): Violation[] {
  const known = new Set([...orders].map(({ orderId }) => orderId));
  return [...accepted].flatMap((id) => unless(known.has(id), 'what was accepted is durable', () => `${id} is in no table`));
}
