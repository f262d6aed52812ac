import { due, outcome, timerStep } from '@quickstep/shared/choreography';
import { OrderCancellationRequested, OrderStuck, reasons } from '@quickstep/shared/contracts';
import { order as declared } from '../choreography.js';
import { Orders } from '../db/tables.js';
import { deadlineFrom, isCancellationRequested, stateOf } from '../domain/order.js';
import { askToCancel, markStuck } from '../domain/progress.js';

/**
 * Cancels an order that is still open at its deadline, and looks again after the same time: an order that cannot end even then is
 * stuck, and says so until it has ended.
 */
export const expireOrder = (deadlineMs: number) =>
  timerStep(declared, 'expireOrder', {
    due: due(Orders, 'deadlineAt'),
    decide: (_firing, { due: order }, { now }) => {
      order.deadlineAt = deadlineFrom(now, deadlineMs);
      if (isCancellationRequested(order)) {
        if (order.stuckSince !== null) return outcome('stillStuck');
        markStuck(order, now);
        const { orderId, status } = order;
        return outcome('stuck', OrderStuck({ orderId, status, reason: reasons.stuck }));
      }
      askToCancel(order, reasons.deadline, now, 'deadline');
      return outcome(
        'expired',
        OrderCancellationRequested({ ...stateOf(order), requestedBy: 'deadline', reason: reasons.deadline }),
      );
    },
  });
