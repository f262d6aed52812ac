import type {
  Money,
  NotificationRow,
  OrderRow,
  PaymentRow,
  ProvidersRecord,
  ReservationRow,
  ShipmentRow,
  Snapshot,
  StockRow,
} from './snapshot.js';

/** Sends a statement to the database of a service (`order-service`) and returns its rows. */
export type Ask = <Row>(service: string, statement: string, values: readonly unknown[]) => Promise<readonly Row[]>;

/** Orders by id: after the first, up to and with the last; null is no bound. */
interface Page {
  readonly after: string | null;
  readonly to: string | null;
}

const within = (id: string) => `($1::uuid is null or ${id} > $1) and ($2::uuid is null or ${id} <= $2)`;

const statements = {
  orders: `select order_id as "orderId", status, total::float8 as total, items from orders where ${within('order_id')}`,
  payments: `select order_id as "orderId", amount::float8 as amount, charge_id as "chargeId", refund_id as "refundId",
    refunded_charge_id as "refundedChargeId", refunded_amount::float8 as "refundedAmount", surplus_charges as "surplusCharges"
    from payments where ${within('order_id')}`,
  reservations: `select order_id as "orderId", status, items from reservations where ${within('order_id')}`,
  shipments: `select order_id as "orderId", tracking_number as "trackingNumber", recalled,
    surplus_parcels as "surplusParcels" from shipments where ${within('order_id')}`,
  notifications: `select order_id as "orderId", template from notifications where ${within('order_id')}`,
  answers: `select reference as "orderId", answer from provider_answers where ${within('reference::uuid')} order by created_at`,
  stock: 'select sku, available::float8 as available, reserved::float8 as reserved, on_hand::float8 as "onHand" from stock_items',
  lastOfPage: `select order_id as "orderId" from orders where $1::uuid is null or order_id > $1 order by order_id offset $2 limit 1`,
};

/** The rows of all orders, or of a page, from the databases of the five services and the records that the simulated providers keep there. */
export async function readSnapshot(ask: Ask, { after, to }: Page = { after: null, to: null }) {
  const read = <Row>(service: string, statement: string) => ask<Row>(service, statement, [after, to]);
  return {
    orders: await read<OrderRow>('order-service', statements.orders),
    payments: await read<PaymentRow>('payment-service', statements.payments),
    reservations: await read<ReservationRow>('inventory-service', statements.reservations),
    shipments: await read<ShipmentRow>('shipping-service', statements.shipments),
    notifications: await read<NotificationRow>('notification-service', statements.notifications),
    providers: providersOf(
      await read<Answered>('payment-service', statements.answers),
      await read<Answered>('shipping-service', statements.answers),
    ),
  } satisfies Snapshot;
}

/** The same page by page, each of so many orders; between them the pages hold every row. */
export async function* readPages(ask: Ask, size: number): AsyncGenerator<Snapshot> {
  let after: string | null = null;
  do {
    const [last]: readonly { orderId: string }[] = await ask('order-service', statements.lastOfPage, [after, size - 1]);
    const to: string | null = last?.orderId ?? null;
    yield await readSnapshot(ask, { after, to });
    after = to;
  } while (after !== null);
}

export function readStock(ask: Ask): Promise<readonly StockRow[]> {
  return ask<StockRow>('inventory-service', statements.stock, []);
}

/** What a simulated provider remembers having answered to one call. */
export interface Answered {
  readonly orderId: string;
  readonly answer: {
    readonly kind: string;
    readonly amount?: number;
    readonly chargeId?: string;
    readonly refundId?: string;
    readonly reversalId?: string;
    readonly trackingNumber?: string;
  };
}

interface Collected extends ProvidersRecord {
  readonly charges: Money[];
  readonly refunds: Money[];
  readonly parcels: string[];
  readonly recalled: string[];
}

const amountOf = (charges: readonly Money[], chargeId: string) => charges.find(({ id }) => id === chargeId)?.amount ?? Number.NaN;

/**
 * What simulated providers did, by their answers, each oldest first. A refund or a parcel that was asked for twice and answered alike is one.
 */
export function providersOf(gateway: readonly Answered[], carrier: readonly Answered[]): ProvidersRecord[] {
  const records = new Map<string, Collected>();
  for (const { orderId, answer } of [...gateway, ...carrier]) {
    const record = records.get(orderId) ?? { orderId, charges: [], refunds: [], parcels: [], recalled: [] };
    records.set(orderId, record);
    const { kind, amount = Number.NaN, chargeId = '', refundId = '', reversalId = '', trackingNumber = '' } = answer;
    if (kind === 'charged') record.charges.push({ id: chargeId, amount });
    if (kind === 'refunded' && record.refunds.every(({ id }) => id !== refundId)) record.refunds.push({ id: refundId, amount });
    if (kind === 'booked' && !record.parcels.includes(trackingNumber)) record.parcels.push(trackingNumber);
    if (kind === 'reversed') record.refunds.push({ id: reversalId, amount: amountOf(record.charges, chargeId) });
    if (kind === 'recalled') record.recalled.push(trackingNumber);
  }
  return [...records.values()];
}
