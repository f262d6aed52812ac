import type { CloudEvent } from '@quickstep/shared/events';
import type { OrderRow, PaymentRow, ShipmentRow, StockRow } from '@quickstep/system/invariants';
import { isEnded, type Shown } from './compare.js';
import { Ledger } from './ledger.js';

/** Where everything is read: the services' HTTP and the archive. */
export interface Sources {
  /** What a service answers; undefined when there is nothing. @throws Problem when it cannot be asked */
  get<Body>(service: string, path: string): Promise<Body | undefined>;
  events(): AsyncIterable<readonly CloudEvent[]>;
}

const PAGE = 1_000;
const AT_ONCE = 16;

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

async function everything<Item>({ get }: Sources, service: string, path: string): Promise<Item[]> {
  const all: Item[] = [];
  for (let cursor = ''; ; ) {
    const page = await get<Page<Item>>(service, `${path}?limit=${PAGE}${cursor}`);
    all.push(...(page?.items ?? []));
    if (page?.nextCursor === undefined) return all;
    cursor = `&cursor=${page.nextCursor}`;
  }
}

/** For each, so many at once. */
async function each<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result | undefined>): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) {
      const result = await work(item);
      if (result !== undefined) results.push(result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

interface OrderShown extends Omit<OrderRow, 'orderId'> {
  readonly id: string;
}
type PaymentShown = Pick<PaymentRow, 'orderId' | 'amount' | 'chargeId' | 'refundId' | 'refundedAmount'>;
interface ShipmentShown {
  readonly orderId: string;
  readonly status: string;
  readonly trackingNumber: string | null;
}

/** @param note told how far it is */
export async function readShown(sources: Sources, note: (detail: string) => void): Promise<Shown> {
  const orders = (await everything<OrderShown>(sources, 'order-service', '/orders')).map(({ id, ...order }) => ({
    ...order,
    orderId: id,
  }));
  const ended = orders.filter(isEnded);
  let asked = 0;
  const payments = await each(ended, async ({ orderId }): Promise<PaymentRow | undefined> => {
    if (++asked % PAGE === 0) note(`payments: ${asked}`);
    const shown = await sources.get<PaymentShown>('payment-service', `/payments/${orderId}`);
    return shown && { ...shown, refundedChargeId: null, surplusCharges: [] };
  });
  asked = 0;
  const shipments = await each(ended, async ({ orderId }): Promise<ShipmentRow | undefined> => {
    if (++asked % PAGE === 0) note(`shipments: ${asked}`);
    const shown = await sources.get<ShipmentShown>('shipping-service', `/shipments/${orderId}`);
    return shown && { orderId, trackingNumber: shown.trackingNumber, recalled: shown.status === 'RECALLED', surplusParcels: [] };
  });
  const stock = await everything<StockRow>(sources, 'inventory-service', '/inventory');
  return { orders, payments, shipments, stock };
}

/** @param note told how far it is */
export async function readLedger(sources: Sources, note: (detail: string) => void): Promise<Ledger> {
  const ledger = new Ledger();
  let events = 0;
  for await (const page of sources.events()) {
    for (const event of page) ledger.add(event);
    events += page.length;
    note(`${events} events`);
  }
  return ledger;
}
