import { describe, expect, test } from '@jest/globals';
import {
  Audit,
  type DeclaredStep,
  durable,
  endedOnce,
  moved,
  type Rule,
  reservedIsHeld,
  rules,
  type SurplusCharge,
  type TracedEvent,
  traceable,
  type Violation,
} from '@quickstep/system/invariants';

const line = { sku: 'SKU-1', quantity: 2 };
const charge = { id: 'ch_1', amount: 2_000 };
const refund = { id: 're_1', amount: 2_000 };

/** One completed order, and one that was cancelled after it had been paid and packed. */
const sound = () => ({
  orders: [
    { orderId: 'sold', status: 'COMPLETED', total: 2_000, items: [line] },
    { orderId: 'undone', status: 'CANCELLED', total: 2_000, items: [line] },
  ],
  payments: [
    {
      orderId: 'sold',
      amount: 2_000,
      chargeId: 'ch_1' as string | null,
      refundId: null as string | null,
      refundedChargeId: null as string | null,
      refundedAmount: 0,
      surplusCharges: [] as SurplusCharge[],
    },
    {
      orderId: 'undone',
      amount: 2_000,
      chargeId: 'ch_1',
      refundId: 're_1',
      refundedChargeId: 'ch_1',
      refundedAmount: 2_000,
      surplusCharges: [],
    },
  ],
  reservations: [
    { orderId: 'sold', status: 'committed', items: [line] },
    { orderId: 'undone', status: 'released', items: [line] },
  ],
  shipments: [
    { orderId: 'sold', trackingNumber: 'TRK-1', recalled: false, surplusParcels: [] as string[] },
    { orderId: 'undone', trackingNumber: 'TRK-2', recalled: true, surplusParcels: [] },
  ],
  notifications: [
    { orderId: 'sold', template: 'order-completed' },
    { orderId: 'undone', template: 'payment-refunded' },
    { orderId: 'undone', template: 'order-cancelled' },
  ],
  providers: [
    { orderId: 'sold', charges: [charge], refunds: [] as (typeof refund)[], parcels: ['TRK-1'], recalled: [] as string[] },
    { orderId: 'undone', charges: [charge], refunds: [refund], parcels: ['TRK-2'], recalled: ['TRK-2'] },
  ],
  stock: [{ sku: 'SKU-1', available: 8, reserved: 0, onHand: 8 }],
  before: new Map([['SKU-1', 10]]),
});
type Shop = ReturnType<typeof sound>;

function audited(spoil: (shop: Shop) => unknown): Violation[] {
  const shop = sound();
  spoil(shop);
  const audit = new Audit();
  audit.add(shop);
  return audit.finish(shop.stock, shop.before);
}

const steps: DeclaredStep[] = [
  { service: 'order-service', step: 'placeOrder', consumes: [], emits: ['order.created'] },
  { service: 'order-service', step: 'endOrder', consumes: ['order.created'], emits: ['order.completed'] },
];
const created: TracedEvent = {
  id: 'e1',
  type: 'order.created',
  source: '/order-service',
  subject: 'sold',
  correlationid: 'sold',
  causationid: 'r1',
  idempotencykey: 'r1:placeOrder:0',
};
const completed = { ...created, id: 'e2', type: 'order.completed', causationid: 'e1', idempotencykey: 'e1:endOrder:0' };
const traced = (change: Partial<TracedEvent>) =>
  traceable({ ...completed, ...change }, steps, (id) => (id === created.id ? created : undefined));

const [order = fail()] = sound().orders;
function fail(): never {
  throw new Error('There is no order');
}

/** What each rule must catch. */
const broken: Record<Rule, readonly (() => Violation[])[]> = {
  'on hand = available + reserved': [() => audited(({ stock }) => Object.assign(stock[0] ?? {}, { available: 7 }))],
  'no stock is negative': [() => audited(({ stock }) => Object.assign(stock[0] ?? {}, { available: 9, reserved: -1 }))],
  'what is reserved is held by orders': [
    () => reservedIsHeld({ sku: 'SKU-1', available: 5, reserved: 3, onHand: 8 }, new Map([['SKU-1', 2]])),
    () => audited(({ reservations }) => Object.assign(reservations[1] ?? {}, { status: 'reserved' })),
  ],
  'once all orders have ended nothing is reserved': [
    () => audited(({ stock }) => Object.assign(stock[0] ?? {}, { available: 7, reserved: 1 })),
  ],
  'what has not left is on hand': [() => audited(({ stock }) => Object.assign(stock[0] ?? {}, { available: 10, onHand: 10 }))],
  'every record belongs to an order': [() => audited(({ orders }) => orders.pop())],
  'what was accepted is durable': [() => durable(['sold', 'lost'], [order])],
  'every order ends': [() => audited(({ orders }) => Object.assign(orders[1] ?? {}, { status: 'CANCELLING' }))],
  'an order ends once': [
    () => endedOnce([order], []),
    () => endedOnce([order], [completed, { ...completed, id: 'e3' }]),
    () => endedOnce([order], [{ ...completed, type: 'order.cancelled' }]),
  ],
  'a completed order is paid': [
    () => audited(({ payments }) => Object.assign(payments[0] ?? {}, { chargeId: null })),
    () => audited(({ payments }) => Object.assign(payments[0] ?? {}, { amount: 1_999 })),
    () => audited(({ providers }) => providers[0]?.refunds.push(refund)),
  ],
  'no charge without a completed order or a refund': [
    () => audited(({ payments }) => Object.assign(payments[1] ?? {}, { refundedAmount: 0 })),
    () => audited(({ payments }) => payments[1]?.surplusCharges.push({ chargeId: 'ch_2', amount: 1, reversalId: null })),
    () => audited(({ providers }) => providers[1]?.refunds.pop()),
  ],
  'charges - refunds = total of completed orders': [
    () => audited(({ payments }) => Object.assign(payments[1] ?? {}, { refundedAmount: 1_000 })),
  ],
  'at most one charge is kept': [() => moved({ orderId: 'sold', charges: [charge, { ...charge, id: 'ch_2' }], refunds: [] })],
  'at most one refund for each charge': [
    () => moved({ orderId: 'sold', charges: [charge], refunds: [refund, { ...refund, id: 're_2' }] }),
    () => moved({ orderId: 'sold', charges: [charge], refunds: [{ ...refund, amount: 2_001 }] }),
  ],
  'no effect without its record': [
    () => audited(({ payments }) => Object.assign(payments[0] ?? {}, { chargeId: 'ch_2' })),
    () => audited(({ payments }) => Object.assign(payments[1] ?? {}, { refundId: 're_2' })),
    () => audited(({ providers }) => providers[0]?.charges.push({ id: 'ch_2', amount: 1 })),
    () => audited(({ providers }) => providers[0]?.parcels.push('TRK-4')),
    () => audited(({ shipments }) => Object.assign(shipments[0] ?? {}, { trackingNumber: 'TRK-3' })),
    () => audited(({ shipments }) => Object.assign(shipments[1] ?? {}, { recalled: false })),
  ],
  'a completed order is on its way': [
    () => audited(({ shipments }) => Object.assign(shipments[0] ?? {}, { recalled: true })),
    () => audited(({ providers }) => providers[0]?.recalled.push('TRK-1')),
  ],
  'no parcel of a cancelled order is on its way': [
    () => audited(({ shipments }) => Object.assign(shipments[1] ?? {}, { recalled: false })),
    () => audited(({ providers }) => providers[1]?.recalled.pop()),
  ],
  'at most one parcel per order': [() => audited(({ providers }) => providers[0]?.parcels.push('TRK-4'))],
  'the stock of a completed order has left': [
    () => audited(({ reservations }) => Object.assign(reservations[0] ?? {}, { status: 'released' })),
    () => audited(({ reservations }) => Object.assign(reservations[0] ?? {}, { items: [{ ...line, quantity: 1 }] })),
  ],
  'a cancelled order holds no stock': [
    () => audited(({ reservations }) => Object.assign(reservations[1] ?? {}, { status: 'committed' })),
  ],
  'the customer is told once': [
    () => audited(({ notifications }) => notifications.shift()),
    () => audited(({ notifications }) => notifications.push({ orderId: 'undone', template: 'order-cancelled' })),
    () => audited(({ notifications }) => notifications.push({ orderId: 'sold', template: 'order-cancelled' })),
  ],
  'every event is traceable to its cause': [
    () => traced({ causationid: 'e0' }),
    () => traced({ source: '/payment-service' }),
    () => traced({ type: 'order.cancelled' }),
    () => traced({ correlationid: 'undone' }),
    () => traced({ idempotencykey: 'e1:placeOrder:0', type: 'order.created', correlationid: 'undone' }),
  ],
};

describe('the invariants of the saga', () => {
  test('hold of a sound shop', () => {
    expect(audited(() => undefined)).toEqual([]);
    expect(reservedIsHeld({ sku: 'SKU-1', available: 5, reserved: 3, onHand: 8 }, new Map([['SKU-1', 3]]))).toEqual([]);
    expect(endedOnce([order], [created, completed])).toEqual([]);
    expect(traced({})).toEqual([]);
    expect(traceable(created, steps, () => undefined)).toEqual([]);
    expect(moved({ orderId: 'sold', charges: [charge, { ...charge, id: 'ch_2' }], refunds: [refund] })).toEqual([]);
  });

  test('hold of a second charge that was given back, and of a second parcel that was called back', () => {
    const found = audited(({ payments, shipments, providers: [sold] }) => {
      payments[0]?.surplusCharges.push({ chargeId: 'ch_2', amount: 2_000, reversalId: 'rv_2' });
      sold?.charges.push({ id: 'ch_2', amount: 2_000 });
      sold?.refunds.push({ id: 'rv_2', amount: 2_000 });
      shipments[0]?.surplusParcels.push('TRK-4');
      sold?.parcels.push('TRK-4');
      sold?.recalled.push('TRK-4');
    });
    expect(found).toEqual([]);
  });

  test.each(rules.map((rule) => ({ rule, cases: broken[rule] })))('$rule: what breaks it is found', ({ rule, cases }) => {
    for (const found of cases) expect(found().map((violation) => violation.rule)).toContain(rule);
  });
});
