import { outcome, Permanent, step } from '@quickstep/shared/choreography';
import { OrderCancelled, OrderCompleted, reasons } from '@quickstep/shared/contracts';
import { order as declared } from '../choreography.js';
import { Orders } from '../db/tables.js';
import { stateOf } from '../domain/order.js';
import { end, record } from '../domain/progress.js';

/** Records how far the saga has come, and ends the order when its facts say so. */
export const trackOrder = step(declared, 'trackOrder', {
  rows: ({ data }) => ({ order: Orders.existing(data.orderId) }),
  began: ({ order }) => order?.placedAt,
  decide: (event, { order }, { now }) => {
    if (order === undefined) throw new Permanent(`There is no order ${event.data.orderId}`);
    const ended = order.endedAt !== null;
    record(order, event);
    if (ended) return outcome('alreadyEnded');
    if (!end(order, now)) return outcome('recorded');
    if (order.status === 'COMPLETED') {
      return outcome('completed', OrderCompleted({ ...stateOf(order), trackingNumber: order.trackingNumber ?? '' }));
    }
    return outcome('cancelled', OrderCancelled({ ...stateOf(order), reason: order.reason ?? reasons.unknown }));
  },
});
