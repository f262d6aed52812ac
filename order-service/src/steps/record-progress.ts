import { OrderCancelled, OrderCompleted } from '@quickstep/shared/contracts';
import { Permanent, step } from '@quickstep/shared/pipeline';
import { order as declared } from '../choreography.js';
import { Orders } from '../db/tables.js';
import { stateOf } from '../domain/order.js';
import { hasEnded, statusOf } from '../domain/status.js';

/** Records what the other services tell, and ends the order when its facts say so. */
export const recordProgress = step(declared, 'recordProgress', {
  rows: ({ data }) => ({ order: Orders.existing(data.orderId) }),
  decide: (event, { order }, { now }) => {
    if (order === undefined) throw new Permanent(`There is no order ${event.data.orderId}`);
    order.facts = { ...order.facts, [event.type]: event.time };
    if (event.type === 'shipping.shipped') order.trackingNumber = event.data.trackingNumber;
    if (event.type === 'inventory.insufficient') order.reason ??= 'Not enough stock';
    if (event.type === 'payment.failed' || event.type === 'shipping.failed') order.reason ??= event.data.reason;
    order.status = statusOf(order.facts);
    if (order.endedAt !== null || !hasEnded(order.status)) return [];
    Object.assign(order, { endedAt: now, deadlineAt: null, stuckSince: null });
    if (order.status === 'COMPLETED') {
      order.reason = null;
      return [OrderCompleted({ ...stateOf(order), trackingNumber: order.trackingNumber ?? '' })];
    }
    return [OrderCancelled({ ...stateOf(order), reason: order.reason ?? 'Cancelled' })];
  },
});
