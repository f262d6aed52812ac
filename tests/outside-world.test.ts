import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ServiceName } from './support/services.js';
import { antarctica, openShop, type Shop } from './support/shop.js';

/** Three retries: whatever fails more often has used them up. */
const RETRIES = 3;
const MANY = 3 * RETRIES;
const TOTAL = 2_500;

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());
afterEach(async () => {
  for (const call of ['charge', 'refund', 'book', 'recall'] as const) delete shop.interventions[call];
  expect(await shop.invariants()).toEqual([]);
});

/** The calls that the built-in gateway or carrier has answered for an order. */
async function answered(name: ServiceName, id: string): Promise<string[]> {
  const statement = 'select kind from provider_answers where reference = $1 order by kind';
  const { rows } = await shop.database(name).query<{ kind: string }>(statement, [id]);
  return rows.map(({ kind }) => kind);
}

const countOf = (id: string, type: string) => shop.events(id).filter((each) => each === type).length;

describe('the same fact under another event id', () => {
  test.each([
    ['inventory.reserved', 'payment', 'chargePayment', ['charge']],
    ['payment.completed', 'shipping', 'bookShipment', ['booking']],
  ] as const)('%s: %s does not pay or ship twice', async (type, service, step, once) => {
    const { id } = await shop.place();
    await shop.ended(id);
    await shop.settled();
    const events = shop.events(id);
    const repeated = await shop.handledIn(service, 'repeated', step);
    shop.publishAgain(await shop.eventOf(id, type), randomUUID());
    await shop.settled();
    expect(await answered(service, id)).toEqual(once);
    expect(shop.events(id)).toEqual([...events, type]);
    expect(await shop.handledIn(service, 'repeated', step)).toBe(repeated + 1);
  });

  test('payment.refund: the money goes back once', async () => {
    const { id } = await shop.place({ shippingAddress: antarctica });
    await shop.ended(id);
    shop.publishAgain(await shop.eventOf(id, 'payment.refund'), randomUUID());
    await shop.settled();
    expect(await answered('payment', id)).toEqual(['charge', 'refund']);
    expect(countOf(id, 'payment.refunded')).toBe(1);
  });
});

describe('an outside world that does its work twice', () => {
  test('a second charge is recorded and reversed, and the first one kept', async () => {
    let charges = 0;
    shop.interventions.charge = async (real, charge, key, signal) => {
      const first = await real(charge, key, signal);
      return ++charges === 1 ? first : real(charge, `${key}, again`, signal);
    };
    const { id } = await shop.place();
    expect(await shop.ended(id)).toBe('COMPLETED');
    const { data: paid } = await shop.eventOf(id, 'payment.completed');
    shop.publishAgain(await shop.eventOf(id, 'inventory.reserved'), randomUUID());
    const { data: reversal } = await shop.eventOf(id, 'payment.reversal');
    const { chargeId: second } = Object(reversal);
    expect(reversal).toMatchObject({ chargeId: expect.stringMatching(/^ch_/), amount: TOTAL });
    await shop.settled();
    expect(await answered('payment', id)).toEqual(['charge', 'charge', 'reversal']);
    const statement = 'select charge_id, surplus_charges from payments where order_id = $1';
    const { rows } = await shop.database('payment').query(statement, [id]);
    const surplus = { chargeId: second, amount: TOTAL, reversalId: expect.stringMatching(/^rv_/) };
    expect(Object(paid).chargeId).not.toBe(second);
    expect(rows).toEqual([{ charge_id: Object(paid).chargeId, surplus_charges: [surplus] }]);
  });

  test('a second parcel is recorded and called back, and the first one stays on its way', async () => {
    let bookings = 0;
    shop.interventions.book = async (real, parcel, key, signal) => {
      const first = await real(parcel, key, signal);
      return ++bookings === 1 ? first : real(parcel, `${key}, again`, signal);
    };
    const { id } = await shop.place();
    expect(await shop.ended(id)).toBe('COMPLETED');
    shop.publishAgain(await shop.eventOf(id, 'payment.completed'), randomUUID());
    const { data: recall } = await shop.eventOf(id, 'shipping.recall');
    const { trackingNumber: second } = Object(recall);
    await shop.settled();
    const statement = 'select recalled, surplus_parcels from shipments where order_id = $1';
    const { rows } = await shop.database('shipping').query(statement, [id]);
    expect(rows).toEqual([{ recalled: false, surplus_parcels: [second] }]);
  });
});

describe('a gateway that is away for longer than the retries last', () => {
  test('does not make a refund give up: it is tried until it succeeds', async () => {
    let refunds = 0;
    shop.interventions.refund = async (real, ...asked) => {
      if (++refunds <= MANY) throw new Error('The payment gateway is away');
      return real(...asked);
    };
    const { id } = await shop.place({ shippingAddress: antarctica });
    expect(await shop.ended(id)).toBe('CANCELLED');
    expect(refunds).toBe(MANY + 1);
    const { id: asked } = await shop.eventOf(id, 'payment.refund');
    expect(shop.spy.parked.filter(({ event }) => event?.id === asked)).toEqual([]);
    expect(await shop.eventOf(id, 'payment.refunded')).toMatchObject({ data: { amount: TOTAL } });
  });

  test('has a charge parked: the deadline gives the stock back', async () => {
    let charges = 0;
    shop.interventions.charge = async (real, ...asked) => {
      if (++charges <= MANY) throw new Error('The payment gateway is away');
      return real(...asked);
    };
    const { id } = await shop.place();
    const reserved = await shop.eventOf(id, 'inventory.reserved');
    const reason = 'The payment gateway is away';
    expect(await shop.spy.parkedEvent(reserved.id)).toMatchObject({ reason, headers: { 'x-attempts': RETRIES + 1 } });
    expect(charges).toBe(RETRIES + 1);
    await shop.expire(id);
    expect(await shop.ended(id)).toBe('CANCELLED');
  });
});

describe('a refund that does not fit the recorded charge', () => {
  test('because the gateway knows of none is tried again a few times, then parked, and can be sent again', async () => {
    let refunds = 0;
    shop.interventions.refund = async () => {
      refunds++;
      return { kind: 'nothing-charged' };
    };
    const { id } = await shop.place({ shippingAddress: antarctica });
    const asked = await shop.eventOf(id, 'payment.refund');
    expect(await shop.spy.parkedEvent(asked.id)).toMatchObject({
      service: 'payment-service',
      reason: expect.stringMatching(/^The gateway knows no charge to refund, but ch_\w+ is recorded$/),
      headers: { 'x-attempts': RETRIES + 1 },
    });
    await shop.settled();
    expect({ refunds, events: countOf(id, 'payment.refund') }).toEqual({ refunds: RETRIES + 1, events: 1 });
    expect(await shop.order(id)).toMatchObject({ status: 'CANCELLING' });
    delete shop.interventions.refund;
    shop.publishAgain(asked);
    expect(await shop.ended(id)).toBe('CANCELLED');
  });

  test('because only a part was given back is parked at once with the two amounts', async () => {
    shop.interventions.refund = async (real, ...asked) => {
      const answer = await real(...asked);
      return answer.kind === 'refunded' ? { ...answer, amount: 1_000 } : answer;
    };
    const { id } = await shop.place({ shippingAddress: antarctica });
    const asked = await shop.eventOf(id, 'payment.refund');
    expect(await shop.spy.parkedEvent(asked.id)).toMatchObject({
      reason: 'The gateway refunded 1000 of 2500 EUR: give back the rest, then send this again',
      headers: { 'x-attempts': 1 },
    });
    expect(shop.events(id)).not.toContain('payment.refunded');
    delete shop.interventions.refund;
    shop.publishAgain(asked);
    expect(await shop.ended(id)).toBe('CANCELLED');
  });
});
