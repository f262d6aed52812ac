import {
  endedSaga,
  heldBy,
  levels,
  type OrderRow,
  type PaymentRow,
  type ReservationRow,
  reservedIsHeld,
  type ShipmentRow,
  type StockRow,
  sagasOf,
  textOf,
} from '@quickstep/system/invariants';
import { endingIn, type Ledger, type LedgerOrder, openIn, reservationIn } from './ledger.js';

/** What the services say over HTTP. */
export interface Shown {
  readonly orders: readonly OrderRow[];
  /** Of ended orders. */
  readonly payments: readonly PaymentRow[];
  readonly shipments: readonly ShipmentRow[];
  readonly stock: readonly StockRow[];
}

export const isEnded = ({ status }: Pick<OrderRow, 'status'>) => status === 'COMPLETED' || status === 'CANCELLED';

/**
 * Everything that services and logs say differently: each a line for a report.
 *
 * @param before of an order that has not ended, effects are open rightly until its last event is older than this
 */
export function compare(shown: Shown, ledger: Ledger, before: Date): string[] {
  const reservations = [...ledger.orders].map(reservationOf);
  const held = heldBy(reservations);
  return [
    ...ended(shown, ledger, reservations).map(textOf),
    ...shown.stock.flatMap((item) => [...levels(item), ...reservedIsHeld(item, held)]).map(textOf),
    ...endings(shown, ledger),
    ...amounts(shown, ledger),
    ...open(shown, ledger, before),
  ];
}

const reservationOf = (account: LedgerOrder): ReservationRow => ({
  orderId: account.orderId,
  status: reservationIn(account),
  items: account.reserved,
});

/** The invariants of ended orders, over what is shown and what the logs say of stock and messages. */
function ended({ orders, payments, shipments }: Shown, ledger: Ledger, reservations: readonly ReservationRow[]) {
  const over = orders.filter(isEnded);
  const ids = new Set(over.map(({ orderId }) => orderId));
  const notifications = over.flatMap(({ orderId }) =>
    (ledger.of(orderId)?.told ?? []).map((template) => ({ orderId, template })),
  );
  const own = reservations.filter(({ orderId, status }) => ids.has(orderId) && status !== 'none');
  return sagasOf({ orders: over, payments, shipments, reservations: own, notifications }).flatMap(endedSaga);
}

function endings({ orders }: Shown, ledger: Ledger): string[] {
  const known = new Map(orders.map((order) => [order.orderId, order.status]));
  const differing = [...ledger.orders].flatMap((account) => {
    const status = known.get(account.orderId);
    const ending = endingIn(account);
    if (status === undefined)
      return [`the order service does not know ${account.orderId}, of which the logs have ${[...account.types].join(', ')}`];
    return ending === undefined || ending === status ? [] : [`${account.orderId} is ${status}, by the logs ${ending}`];
  });
  const untold = orders.filter((order) => isEnded(order) && endingIn(ledger.of(order.orderId) ?? NOTHING) === undefined);
  return [...differing, ...untold.map(({ orderId, status }) => `${orderId} is ${status}, and no log says so`)];
}

const NOTHING: LedgerOrder = { orderId: '', types: new Set(), latest: '', reserved: [], charged: 0, refunded: 0, told: [] };

function amounts({ payments }: Shown, ledger: Ledger): string[] {
  return payments.flatMap(({ orderId, amount, chargeId, refundedAmount }) => {
    const { types, charged, refunded } = ledger.of(orderId) ?? NOTHING;
    const text = (what: string, shown: number, logged: number) =>
      `${what} ${orderId}: ${shown} by the payment service, ${logged} by the logs`;
    const chargeDiffers = types.has('payment.completed') && (chargeId === null ? 0 : amount) !== charged;
    return [
      ...(chargeDiffers ? [text('charged for', chargeId === null ? 0 : amount, charged)] : []),
      ...(refundedAmount === refunded ? [] : [text('refunded of', refundedAmount, refunded)]),
    ];
  });
}

function open({ orders }: Shown, ledger: Ledger, before: Date): string[] {
  const over = new Set(orders.filter(isEnded).map(({ orderId }) => orderId));
  const limit = before.toISOString();
  return [...ledger.orders]
    .filter((account) => over.has(account.orderId) || account.latest < limit)
    .flatMap((account) => openIn(account).map((what) => `${account.orderId}: ${what}`));
}
