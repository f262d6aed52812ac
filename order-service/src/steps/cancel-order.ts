import { accepted, outcome, refused, step } from '@quickstep/shared/choreography';
import { OrderCancellationRequested, reasons } from '@quickstep/shared/contracts';
import { order as declared } from '../choreography.js';
import { Orders } from '../db/tables.js';
import { deadlineFrom, isCancellationRequested, stateOf } from '../domain/order.js';
import { askToCancel } from '../domain/progress.js';
import { hasEnded } from '../domain/status.js';

/**
 * Asks shipping, which owns the point of no return, to cancel; the compensations follow from there. The order gets a new deadline of the
 * same length.
 */
export const cancelOrder = (deadlineMs: number) =>
  step(declared, 'cancelOrder', {
    rows: ({ subject }) => ({ order: Orders.existing(subject) }),
    decide: ({ subject, data }, { order }, { now }) => {
      if (order === undefined) return refused('order_not_found', `There is no order ${subject}`);
      if (hasEnded(order.status)) return refused('order_ended', `The order is ${order.status} already`);
      if (isCancellationRequested(order)) return accepted(order, outcome('repeated'));
      const reason = data.reason ?? reasons.customer;
      askToCancel(order, reason, now);
      order.deadlineAt = deadlineFrom(now, deadlineMs);
      const requested = OrderCancellationRequested({ ...stateOf(order), requestedBy: 'customer', reason });
      return accepted(order, outcome('requested', requested));
    },
  });
