import { OrderCancellationRequested, OrderStuck } from '@quickstep/shared/contracts';
import { due, timerStep } from '@quickstep/shared/pipeline';
import { order as declared } from '../choreography.js';
import { Orders } from '../db/tables.js';
import { type Order, stateOf } from '../domain/order.js';
import { statusOf } from '../domain/status.js';

/**
 * Cancels an order that is still open at its deadline. An order that has not ended the same time after its cancellation was asked for
 * is stuck, and says so until it has ended.
 */
export const expireOrder = (deadlineMs: number) =>
  timerStep(declared, 'expireOrder', {
    due: due(Orders, 'deadlineAt'),
    rows: ({ subject }) => ({ order: Orders.existing(subject) }),
    decide: (_firing, { order }, { now }) => {
      if (order === undefined || order.deadlineAt === null || order.deadlineAt > now) return [];
      const asked = order.facts['order.cancellation_requested'];
      const since = asked === undefined ? now : new Date(asked);
      order.deadlineAt = new Date(since.getTime() + deadlineMs);
      if (order.deadlineAt > now && asked !== undefined) return []; // the customer asked lately: give it the same time
      if (asked !== undefined) return reportStuck(order, now, deadlineMs);
      const reason = 'The order was not completed in time';
      order.facts = { ...order.facts, 'order.cancellation_requested': now.toISOString() };
      order.status = statusOf(order.facts);
      order.reason ??= reason;
      return [OrderCancellationRequested({ ...stateOf(order), requestedBy: 'deadline', reason })];
    },
  });

function reportStuck(order: Order, now: Date, deadlineMs: number) {
  order.deadlineAt = new Date(now.getTime() + deadlineMs);
  if (order.stuckSince !== null) return [];
  order.stuckSince = now;
  const { orderId, status } = order;
  return [OrderStuck({ orderId, status, reason: 'Its cancellation was asked for, but has not ended' })];
}
