import { outcome, Permanent, refused } from '@quickstep/shared/choreography';
import { deciding, emitting, type Mutation, pretending, rowOf, rowsOf, unchanged } from './planting.js';

/** Bugs of the steps of the order and the inventory service. */
export const inOrderAndInventory: readonly Mutation[] = [
  // The order service.
  deciding(
    'status by the last event',
    ['an ended order stays as it ended', 'an order has ended when its status says so'],
    'trackOrder',
    (real) => (message, rows, context) => {
      const decision = real(message, rows, context);
      const order = rowOf(rows, 'order');
      const last = 'type' in message ? message.type : undefined;
      if (last === 'inventory.reserved') order.status = 'RESERVED';
      if (last === 'payment.completed') order.status = 'PAID';
      return decision;
    },
  ),
  deciding(
    'a deadline stays when the order has ended',
    ['every open order has a deadline'],
    'trackOrder',
    (real) => (message, rows, context) => {
      const order = rowOf(rows, 'order');
      const { deadlineAt } = order;
      const decision = real(message, rows, context);
      order.deadlineAt = deadlineAt;
      return decision;
    },
  ),
  emitting('an ending is told under a second key', ['an order ends once', 'the customer is told once'], (event) => {
    const again = {
      ...event,
      id: event.id.replace('01980000', '01980001'),
      idempotencykey: event.idempotencykey.replace(/0$/, '1'),
    };
    return event.type === 'order.completed' || event.type === 'order.cancelled' ? [event, again] : [event];
  }),
  deciding(
    'an order that has ended is cancelled all the same',
    ['nobody cancels an ended order'],
    'cancelOrder',
    pretending('order', 'status', 'PENDING'),
  ),
  deciding(
    'every cancellation comes too late',
    ['only an ended order cannot be cancelled'],
    'cancelOrder',
    () => () => refused('order_ended', 'The order has ended already'),
  ),
  deciding(
    'a placed order is not found',
    ['a placed order is known'],
    'cancelOrder',
    () => () => refused('order_not_found', 'There is no such order'),
  ),
  deciding(
    'good orders are refused',
    ['a good order is accepted'],
    'placeOrder',
    () => () => refused('invalid_request', 'Some items cannot be ordered'),
  ),
  deciding(
    'idempotency keys are not compared with their requests',
    ['an idempotency key stands for one request'],
    'placeOrder',
    (real) => (message, rows, context) => {
      const unkeyed = { ...message, idempotencyKey: undefined };
      return real(unkeyed, rows, context);
    },
  ),
  deciding(
    'an older change of the catalogue overwrites a newer',
    ['the catalogue follows the warehouse'],
    'updateCatalogue',
    pretending('item', 'revision', 0),
  ),
  deciding(
    'a step takes an ordinary event for an impossible one',
    ['no step meets what cannot happen'],
    'updateCatalogue',
    () => () => {
      throw new Permanent('There is no such item');
    },
  ),

  // The inventory service.
  deciding(
    'no closed row: a release that comes first leaves nothing behind',
    ['a cancelled order holds no stock', 'once all orders have ended nothing is reserved'],
    'releaseStock',
    (real) => (message, rows, context) => {
      const reservation = rowOf(rows, 'reservation');
      const before = { ...reservation };
      const decision = real(message, rows, context);
      if (before.status === 'none') unchanged(reservation, before);
      return decision;
    },
  ),
  deciding(
    'stock is released whatever became of it',
    ['what is reserved is held by orders', 'no stock is negative'],
    'releaseStock',
    (real) => (message, rows, context) => {
      const reservation = rowOf(rows, 'reservation');
      if (Array.isArray(reservation.items) && reservation.items.length > 0) reservation.status = 'reserved';
      return real(message, rows, context);
    },
  ),
  deciding(
    'a release is counted, the shelf is not',
    ['on hand = available + reserved'],
    'releaseStock',
    (real) => (message, rows, context) => {
      const decision = real(message, rows, context);
      for (const item of rowsOf(rows, 'stock')) item.onHand = Number(item.onHand) + 1;
      return decision;
    },
  ),
  deciding(
    'stock is reserved although it was released before',
    ['a reservation ends once'],
    'reserveStock',
    pretending('reservation', 'status', 'none'),
  ),
  deciding(
    'the reservation of a shipped order is not committed',
    ['the stock of a completed order has left', 'what has not left is on hand'],
    'commitStock',
    () => () => outcome('committed'),
  ),
  deciding('stock is sold that is not there', ['no stock is negative'], 'reserveStock', (real) => (message, rows, context) => {
    const levels = rowsOf(rows, 'stock').map((item) => [item, item.available] as const);
    for (const [item] of levels) item.available = 1_000;
    const decision = real(message, rows, context);
    for (const [item, available] of levels) item.available = Number(available) + Number(item.available) - 1_000;
    return decision;
  }),
  deciding('counting stock fails', ['no command fails'], 'adjustStock', () => () => {
    throw new TypeError('The step has a bug');
  }),
];
