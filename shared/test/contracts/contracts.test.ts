import { describe, expect, test } from '@jest/globals';
import * as contracts from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { checkEvent, type EventContract, eventSchema, exchangeOf, validator } from '@quickstep/shared/events';
import { happened } from '@quickstep/shared/testing';
import { Kind, type TSchema } from '@sinclair/typebox';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

const { AdjustStock, AnalyticsAlertRaised, CancelOrder, OrderCreated, PlaceOrder, PutItem, InventoryItemChanged } = contracts;

const isContract = (value: unknown): value is EventContract =>
  typeof value === 'function' && 'type' in value && 'schema' in value;
const events = Object.values<unknown>(contracts).filter(isContract);

const order = sampleOrder();
const created = happened(OrderCreated(order));

/** Of events that are about something else than an order. */
const subjects = new Map<unknown, string>([
  [InventoryItemChanged, 'sku'],
  [AnalyticsAlertRaised, 'alertId'],
]);

describe('every event contract', () => {
  test.each(events.map((each) => [each.type, each] as const))('%s compiles in strict mode', (_, contract) => {
    const ajv = addFormats(new Ajv({ strict: true }), ['uuid', 'email', 'date-time']);
    expect(ajv.compile(eventSchema(contract))).toBeInstanceOf(Function);
  });

  test.each(events.map((each) => [each.type, each] as const))('%s goes to the exchange of its first word', (type, contract) => {
    expect(type).toMatch(/^(order|inventory|payment|shipping|notification|analytics)\.[a-z_]+$/);
    expect(exchangeOf(type)).toBe(`${type.split('.')[0]}.events`);
    expect(contract.dataversion).toBe(contract === OrderCreated ? '2.0' : '1.0');
    expect(contract.subject).toBe(subjects.get(contract) ?? 'orderId');
  });

  test.each(events.map((each) => [each.type, each] as const))('%s has no field for card data', (_, { schema }) => {
    const names = fieldNames(schema);
    for (const name of names) expect(name).not.toMatch(/card|pan|cvv|cvc|iban|expiry/i);
    if (names.includes('paymentMethod')) expect(schema.properties.paymentMethod.pattern).toBe('^pm_[a-z0-9_]{1,60}$');
  });

  test('has money as integers only', () => {
    for (const wrong of [19.99, '1999', -1, Number.MAX_SAFE_INTEGER + 1]) {
      expect(checkEvent(OrderCreated, { ...created, data: { ...order, total: wrong } })).toMatchObject({
        ok: false,
        error: { pointer: '/data/total' },
      });
    }
  });
});

describe('an event on the wire', () => {
  test('is what was stamped, after a round trip through JSON', () => {
    expect(checkEvent(OrderCreated, JSON.parse(JSON.stringify(created)))).toEqual({ ok: true, event: created });
  });

  test('may carry attributes that we do not know, and a newer minor version', () => {
    expect(checkEvent(OrderCreated, { ...created, dataversion: '2.7', partitionkey: 'x' })).toMatchObject({ ok: true });
    expect(checkEvent(OrderCreated, { ...created, data: { ...order, giftWrap: true } })).toMatchObject({ ok: true });
  });

  test.each(events.map((each) => [each.type, each] as const))(
    '%s may carry fields that we do not know, at any depth',
    (_, { schema }) => {
      expect(JSON.stringify(schema)).not.toContain('additionalProperties');
    },
  );

  test.each([
    ['specversion', '0.3'],
    ['id', 'not-a-uuid'],
    ['type', 'order.placed'],
    ['source', ''],
    ['time', 'yesterday'],
    ['dataversion', '3.0'],
    ['datacontenttype', 'text/plain'],
    ['correlationid', 'x'.repeat(257)],
    ['tenantid', 'x'.repeat(257)],
    ['traceparent', 'x'.repeat(257)],
    ['idempotencykey', 'x'.repeat(513)],
    ['dataschema', 'x'.repeat(513)],
    ['dataversion', `2.${'7'.repeat(15)}`],
    ['data', null],
  ])('is refused with a wrong %s', (attribute, value) => {
    expect(checkEvent(OrderCreated, { ...created, [attribute]: value })).toMatchObject({
      ok: false,
      error: { pointer: `/${attribute}` },
    });
  });

  test.each(['specversion', 'id', 'type', 'source', 'subject', 'time', 'data', 'correlationid', 'causationid'])(
    'is refused without %s',
    (attribute) => {
      const { [attribute]: _missing, ...rest }: Record<string, unknown> = { ...created };
      expect(checkEvent(OrderCreated, rest)).toEqual({ ok: false, error: { pointer: `/${attribute}`, detail: 'is missing' } });
    },
  );

  test.each([null, 'text', 42, []])('is refused when it is no object (%j)', (value) => {
    expect(checkEvent(OrderCreated, value)).toMatchObject({ ok: false });
  });
});

describe('PlaceOrder', () => {
  const wrongFields = validator(PlaceOrder.schema);
  const { customerId, email, paymentMethod, shippingAddress } = order;
  const body = { customerId, email, paymentMethod, shippingAddress, items: [{ sku: 'SKU-1', quantity: 2 }] };
  const pointersOf = (value: unknown) => [...new Set(wrongFields(value).map(({ pointer }) => pointer))].sort();

  test('takes an order', () => {
    expect(wrongFields(body)).toEqual([]);
    const { email: _without, ...anonymous } = body;
    expect(wrongFields(anonymous)).toEqual([]);
  });

  test.each([
    ['4111111111111111'],
    ['pm_4111-1111-1111-1111'],
    ['PM_CARD'],
    ['pm_'],
    [`pm_${'x'.repeat(61)}`],
    [' pm_card_ok'],
    ['pm_card_ok\n'],
    [null],
    [{ number: '4111111111111111' }],
  ])('refuses %j as a payment method', (wrong) => {
    expect(pointersOf({ ...body, paymentMethod: wrong })).toEqual(['/paymentMethod']);
  });

  test.each([0, -1, 1.5, 10_001, Number.POSITIVE_INFINITY, '2', null, true, Number.NaN])(
    'refuses a quantity of %p',
    (quantity) => {
      expect(pointersOf({ ...body, items: [{ sku: 'SKU-1', quantity }] })).toEqual(['/items/0/quantity']);
    },
  );

  test.each(['', 'sku-1', 'SKU 1', '-SKU', 'X'.repeat(33), 1, null, "SKU-1'; drop table orders"])('refuses the SKU %j', (sku) => {
    expect(pointersOf({ ...body, items: [{ sku, quantity: 1 }] })).toEqual(['/items/0/sku']);
  });

  test.each(['', '   ', 'x'.repeat(65), 'a\u0000b', 'line\nbreak', '\u007f', 7, null])(
    'refuses the customer id %j',
    (customer) => {
      expect(pointersOf({ ...body, customerId: customer })).toEqual(['/customerId']);
    },
  );

  test.each(['GERMANY', 'de', 'XX', '', 49, null])('refuses the country %j', (country) => {
    expect(pointersOf({ ...body, shippingAddress: { ...shippingAddress, country } })).toEqual(['/shippingAddress/country']);
  });

  test.each(['nobody', 'a@b@c', '@example.com', `${'a'.repeat(250)}@example.com`, null])('refuses the email %j', (wrong) => {
    expect(pointersOf({ ...body, email: wrong })).toEqual(['/email']);
  });

  test('refuses no items, too many items and fields that it does not know', () => {
    expect(pointersOf({ ...body, items: [] })).toEqual(['/items']);
    expect(pointersOf({ ...body, items: Array.from({ length: 101 }, () => ({ sku: 'SKU-1', quantity: 1 })) })).toEqual([
      '/items',
    ]);
    expect(pointersOf({ ...body, price: 1 })).toEqual(['/price']);
    expect(pointersOf({ ...body, items: [{ sku: 'SKU-1', quantity: 1, unitPrice: 1 }] })).toEqual(['/items/0/unitPrice']);
    expect(pointersOf({ ...body, 'a/b~c': 1 })).toEqual(['/a~1b~0c']);
  });

  test('names every wrong field at once', () => {
    expect(pointersOf({ items: [{ sku: 'no', quantity: 0 }], shippingAddress: {}, paymentMethod: 1 })).toEqual([
      '/customerId',
      '/items/0/quantity',
      '/items/0/sku',
      '/paymentMethod',
      '/shippingAddress/city',
      '/shippingAddress/country',
      '/shippingAddress/line1',
      '/shippingAddress/name',
      '/shippingAddress/postalCode',
    ]);
  });

  test('takes names in every script', () => {
    const names = ['Åsa Öberg', '山田太郎', 'Ωμέγα', 'José 🙂', 'O\'Brien "Bob" \\'];
    for (const name of names) expect(wrongFields({ ...body, shippingAddress: { ...shippingAddress, name } })).toEqual([]);
  });
});

describe('the other commands', () => {
  test.each([
    [CancelOrder, {}, { reason: 'Found it cheaper' }, { reason: '' }],
    [CancelOrder, {}, {}, { because: 'x' }],
    [AdjustStock, { delta: 1, reason: 'Delivery' }, { delta: -1, reason: 'Breakage' }, { delta: 1.5, reason: 'Half' }],
    [AdjustStock, { delta: 1, reason: 'x' }, { delta: 0, reason: 'Count' }, { delta: 1 }],
    [
      PutItem,
      { name: 'Mug', unitPrice: 0, currency: 'EUR' },
      { name: 'M', unitPrice: 1, currency: 'JPY', onHand: 0 },
      { name: 'Mug', unitPrice: -1, currency: 'EUR' },
    ],
    [
      PutItem,
      { name: 'Mug', unitPrice: 1, currency: 'EUR' },
      { name: 'M', unitPrice: 1, currency: 'EUR', onHand: 1 },
      { name: 'Mug', unitPrice: 1, currency: 'euro' },
    ],
  ])('take what is right and refuse what is wrong', ({ schema }, right, alsoRight, wrong) => {
    const wrongFields = validator(schema);
    expect(wrongFields(right)).toEqual([]);
    expect(wrongFields(alsoRight)).toEqual([]);
    expect(wrongFields(wrong)).not.toEqual([]);
  });
});

/** The names of all fields, at every depth. */
function fieldNames(schema: TSchema): string[] {
  if (schema[Kind] === 'Array') return fieldNames(schema.items);
  if (schema[Kind] !== 'Object') return [];
  return Object.entries<TSchema>(schema.properties).flatMap(([name, each]) => [name, ...fieldNames(each)]);
}
