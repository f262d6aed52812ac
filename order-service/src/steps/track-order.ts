import { ending, outcome, Permanent, step } from '@quickstep/shared/choreography';
import { OrderCancelled, OrderCompleted } from '@quickstep/shared/contracts';
import { change } from '@quickstep/shared/rows';
import { order as declared } from '../choreography.js';
import { Orders } from '../db/tables.js';
import { learn, stateOf } from '../domain/order.js';
import { hasEnded } from '../domain/status.js';

/** Records how far the saga has come, and ends the order when its facts say so. */
export const trackOrder = step(declared, 'trackOrder', {
  rows: ({ data }) => ({ order: Orders.existing(data.orderId) }),
  decide: (event, { order }, { now }) => {
    if (order === undefined) throw new Permanent(`There is no order ${event.data.orderId}`);
    learn(order, event.type, event.time);
    if (event.type === 'shipping.shipped') order.trackingNumber = event.data.trackingNumber;
    if (event.type === 'inventory.insufficient') order.reason ??= 'Not enough stock';
    // A failure does not end the order yet, but it is the reason that the ending gives.
    if (event.type === 'payment.failed' || event.type === 'shipping.failed') order.reason ??= event.data.reason;
    if (order.endedAt !== null) return outcome('alreadyEnded');
    if (!hasEnded(order.status)) return outcome('recorded');
    change(order, { endedAt: now, deadlineAt: null, stuckSince: null });
    if (order.status === 'COMPLETED') {
      order.reason = null;
      const completed = OrderCompleted({ ...stateOf(order), trackingNumber: order.trackingNumber ?? '' });
      return ending(order.placedAt, outcome('completed', completed));
    }
    const cancelled = OrderCancelled({ ...stateOf(order), reason: order.reason ?? 'Cancelled' });
    return ending(order.placedAt, outcome('cancelled', cancelled));
  },
});
