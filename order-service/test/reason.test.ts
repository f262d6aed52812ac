import { describe, expect, test } from '@jest/globals';
import { given, row } from '@quickstep/shared/testing';
import type { Fact, Facts } from '../src/db/facts.js';
import { Orders } from '../src/db/tables.js';
import { cancellationOf, type ReasonCode, reasonCodeOf } from '../src/domain/reason.js';
import { statusOf } from '../src/domain/status.js';
import { orderView } from '../src/http/views.js';

const at = (second: number) => `2026-11-21T10:00:${String(second).padStart(2, '0')}.000Z`;
/** Each a second after the one before. */
const inTurn = (...facts: (Fact | 'deadline')[]): Facts => Object.fromEntries(facts.map((fact, index) => [fact, at(index)]));
const turned = (facts: Facts): Facts => Object.fromEntries(Object.entries(facts).toReversed());

describe('the reason code', () => {
  test.each<[ReasonCode | null, Facts]>([
    ['out_of_stock', inTurn('inventory.insufficient')],
    ['payment_declined', inTurn('inventory.reserved', 'payment.failed', 'inventory.released')],
    ['carrier_refused', inTurn('payment.completed', 'shipping.failed', 'payment.refunded', 'inventory.released')],
    ['cancelled_on_request', inTurn('order.cancellation_requested')],
    ['cancelled_on_request', inTurn('order.cancellation_requested', 'shipping.failed', 'inventory.released')],
    ['cancelled_on_request', inTurn('order.cancellation_requested', 'inventory.insufficient')],
    ['carrier_refused', inTurn('shipping.failed', 'order.cancellation_requested', 'inventory.released')],
    ['payment_declined', inTurn('payment.failed', 'order.cancellation_requested', 'shipping.failed')],
    ['deadline_passed', { ...inTurn('order.cancellation_requested', 'shipping.failed'), deadline: at(0) }],
    [null, inTurn('inventory.reserved', 'payment.completed')],
    [null, inTurn('payment.completed', 'shipping.shipped')],
    [null, inTurn('payment.completed', 'order.cancellation_requested', 'shipping.cancellation_rejected')],
    [null, inTurn('order.cancellation_requested', 'shipping.cancellation_rejected', 'shipping.shipped')],
  ])('is %s, in whatever order the facts arrived: %j', (code, facts) => {
    expect(reasonCodeOf(facts)).toBe(code);
    expect(reasonCodeOf(turned(facts))).toBe(code);
  });

  test('is not known while only the end of the compensation is', () => {
    const facts = inTurn('inventory.released');
    expect([statusOf(facts), reasonCodeOf(facts)]).toEqual(['CANCELLED', null]);
  });

  test('of a request is that of the request although shipping failed within the same millisecond', () => {
    expect(reasonCodeOf({ 'shipping.failed': at(1), 'order.cancellation_requested': at(1) })).toBe('cancelled_on_request');
  });
});

test('a cancellation is told with the time of its request, and that of its rejection', () => {
  expect(cancellationOf(inTurn('payment.completed'))).toBeNull();
  const asked = inTurn('order.cancellation_requested');
  expect(cancellationOf(asked)).toEqual({ requestedAt: new Date(at(0)), rejectedAt: null });
  const late = inTurn('order.cancellation_requested', 'shipping.cancellation_rejected');
  expect(cancellationOf(late)).toEqual({ requestedAt: new Date(at(0)), rejectedAt: new Date(at(1)) });
});

test('an order whose cancellation came too late shows no reason, and that it was asked for', () => {
  const facts = inTurn('payment.completed', 'order.cancellation_requested', 'shipping.cancellation_rejected');
  const shippingAddress = { name: 'Ada', line1: '1 Main St', city: 'London', postalCode: 'N1', country: 'GB' };
  const orderId = '0193a4b0-0000-7000-8000-000000000000';
  const placed = { orderId, placedAt: new Date(at(0)), shippingAddress };
  const order = given(row(Orders, { ...placed, facts, status: statusOf(facts), reason: 'Too slow' })).row(Orders, orderId);
  expect(order && orderView(order)).toMatchObject({
    status: 'PAID',
    reason: null,
    reasonCode: null,
    cancellation: { requestedAt: new Date(at(1)), rejectedAt: new Date(at(2)) },
  });
});
