import { describe, expect, test } from '@jest/globals';
import { accepted, notDue, outcome, refused } from '@quickstep/shared/choreography';
import { OrderCancellationRequested, OrderStuck } from '@quickstep/shared/contracts';
import { firing, given, request } from '@quickstep/shared/testing';
import { Orders } from '../../src/db/tables.js';
import { at, cancelOrder, deadlineAt, expireOrder, orderId, placed, state, withFacts } from './fixture.js';

describe('cancelOrder', () => {
  const customerAsks = request(orderId, {});

  test.each([['PENDING'], ['RESERVED'], ['PAID']] as const)('asks shipping to fail an order that is %s', (status) => {
    const world = given(placed({ status }));
    const before = world.row(Orders, orderId);
    const why = 'Cancelled by the customer';
    const after = {
      ...before,
      status: 'CANCELLING',
      reason: why,
      facts: { 'order.cancellation_requested': '2026-11-21T10:00:30.000Z' },
      deadlineAt: at('10:01:30'),
    };
    const asked = OrderCancellationRequested({ ...state, requestedBy: 'customer', reason: why });
    expect(world.when(cancelOrder, customerAsks, { now: at('10:00:30') })).toEqual(accepted(after, outcome('requested', asked)));
    expect(world.row(Orders, orderId)).toEqual(after);
  });

  test("passes the customer's own reason on", () => {
    const why = 'Found it cheaper';
    const asked = OrderCancellationRequested({ ...state, requestedBy: 'customer', reason: why });
    expect(given(placed()).when(cancelOrder, request(orderId, { reason: why }))).toMatchObject({
      reply: { reason: why },
      ended: outcome('requested', asked),
    });
  });

  test('twice asks once', () => {
    const world = given(placed());
    world.when(cancelOrder, customerAsks);
    const asked = world.row(Orders, orderId);
    expect(world.when(cancelOrder, customerAsks)).toEqual(accepted(asked, outcome('repeated')));
    expect(world.row(Orders, orderId)).toEqual(asked);
  });

  test('after the deadline asked already asks no more', () => {
    const world = given(placed());
    world.when(expireOrder, firing(orderId), { now: at('10:01:00') });
    expect(world.when(cancelOrder, customerAsks)).toMatchObject({ accepted: true, ended: outcome('repeated') });
  });

  test.each(['COMPLETED', 'CANCELLED'] as const)('is refused once the order is %s', (status) => {
    const world = given(placed({ status, endedAt: at('10:00:20'), deadlineAt: null }));
    expect(world.when(cancelOrder, customerAsks)).toEqual(refused('order_ended', `The order is ${status} already`));
    expect(world.row(Orders, orderId)).toMatchObject({ status, reason: null });
  });

  test('is refused when there is no such order', () => {
    expect(given().when(cancelOrder, customerAsks)).toEqual(refused('order_not_found', `There is no order ${orderId}`));
  });
});

describe('expireOrder', () => {
  const reasonOfDeadline = 'The order was not completed in time';
  const stuck = OrderStuck({ orderId, status: 'CANCELLING', reason: 'Its cancellation was asked for, but has not ended' });

  test('cancels an order that is still open at its deadline', () => {
    const world = given(placed({ status: 'RESERVED', facts: withFacts('inventory.reserved') }));
    expect(world.when(expireOrder, firing(orderId), { now: at('10:01:00') })).toEqual(
      outcome('expired', OrderCancellationRequested({ ...state, requestedBy: 'deadline', reason: reasonOfDeadline })),
    );
    expect(world.row(Orders, orderId)).toMatchObject({
      status: 'CANCELLING',
      reason: reasonOfDeadline,
      facts: { 'order.cancellation_requested': '2026-11-21T10:01:00.000Z', deadline: '2026-11-21T10:01:00.000Z' },
      deadlineAt: at('10:02:00'),
      stuckSince: null,
    });
  });

  test('does nothing before the deadline', () => {
    const world = given(placed());
    expect(world.when(expireOrder, firing(orderId), { now: at('10:00:59') })).toEqual(notDue);
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'PENDING', deadlineAt });
  });

  test('does nothing when the order has ended meanwhile, or never was', () => {
    const world = given(placed({ status: 'COMPLETED', endedAt: at('10:00:20'), deadlineAt: null }));
    expect(world.when(expireOrder, firing(orderId), { now: at('10:01:00') })).toEqual(notDue);
    expect(world.row(Orders, orderId)).toMatchObject({ status: 'COMPLETED', deadlineAt: null });
    expect(given().when(expireOrder, firing(orderId))).toEqual(notDue);
  });

  test('reports an order that cannot end as stuck since its second deadline, and asks no more', () => {
    const world = given(placed());
    world.when(expireOrder, firing(orderId), { now: at('10:01:00') });
    expect(world.when(expireOrder, firing(orderId), { now: at('10:02:00') })).toEqual(outcome('stuck', stuck));
    expect(world.when(expireOrder, firing(orderId), { now: at('10:03:00') })).toEqual(outcome('stillStuck'));
    expect(world.row(Orders, orderId)).toMatchObject({ stuckSince: at('10:02:00'), deadlineAt: at('10:04:00') });
  });

  test('reports an order as stuck whose cancellation, asked by the customer, does not come to an end', () => {
    const world = given(placed());
    world.when(cancelOrder, request(orderId, {}), { now: at('10:00:30') });
    expect(world.when(expireOrder, firing(orderId), { now: at('10:01:29') })).toEqual(notDue);
    expect(world.when(expireOrder, firing(orderId), { now: at('10:01:30') })).toEqual(outcome('stuck', stuck));
    expect(world.row(Orders, orderId)).toMatchObject({ stuckSince: at('10:01:30') });
  });
});
