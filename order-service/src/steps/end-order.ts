import { Permanent, step } from '@quickstep/shared/choreography';
import { OrderCancelled, OrderCompleted } from '@quickstep/shared/contracts';
import { order as declared } from '../choreography.js';
import { Orders } from '../db/tables.js';
import { learn, stateOf } from '../domain/order.js';
import { hasEnded } from '../domain/status.js';

/** Ends the order when its facts say so. A failure does not yet, but it is the reason that the ending gives. */
export const endOrder = step(declared, 'endOrder', {
  rows: ({ data }) => ({ order: Orders.existing(data.orderId) }),
  decide: (event, { order }, { now }) => {
    if (order === undefined) throw new Permanent(`There is no order ${event.data.orderId}`);
    learn(order, event.type, event.time);
    if (event.type === 'shipping.shipped') order.trackingNumber = event.data.trackingNumber;
    if (event.type === 'inventory.insufficient') order.reason ??= 'Not enough stock';
    if (event.type === 'payment.failed' || event.type === 'shipping.failed') order.reason ??= event.data.reason;
    if (order.endedAt !== null || !hasEnded(order.status)) return [];
    Object.assign(order, { endedAt: now, deadlineAt: null, stuckSince: null });
    if (order.status === 'COMPLETED') {
      order.reason = null;
      return [OrderCompleted({ ...stateOf(order), trackingNumber: order.trackingNumber ?? '' })];
    }
    return [OrderCancelled({ ...stateOf(order), reason: order.reason ?? 'Cancelled' })];
  },
});
