import { Permanent, step } from '@quickstep/shared/choreography';
import { order as declared } from '../choreography.js';
import { Orders } from '../db/tables.js';
import { learn } from '../domain/order.js';

/** Records how far the saga has come. None of these facts ends an order. */
export const recordProgress = step(declared, 'recordProgress', {
  rows: ({ data }) => ({ order: Orders.existing(data.orderId) }),
  decide: ({ type, time, data }, { order }) => {
    if (order === undefined) throw new Permanent(`There is no order ${data.orderId}`);
    learn(order, type, time);
    return [];
  },
});
