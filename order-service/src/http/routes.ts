import { CustomerId, OrderId } from '@quickstep/shared/contracts';
import { commandRoutes, decodePlace, pageOf, pageQuery, pageSchema, placeKey, read, UUID_KEY } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { order } from '../choreography.js';
import { orderStatuses } from '../db/facts.js';
import { countByStatus, findOrder, ordersListed } from '../db/queries.js';
import type { orderSteps } from '../steps/index.js';
import { OrderStatusField, OrderView, orderView } from './views.js';

const ORDER = '/orders/{orderId}';
const params = Type.Object({ orderId: OrderId });
const checkAt = (orderId: string) => `/orders/${orderId}`;

const command = commandRoutes<ReturnType<typeof orderSteps>>(order);

export const orderRoutes = [
  command('placeOrder', {
    method: 'post',
    path: '/orders',
    status: 202,
    repetition: 'the order as it was placed',
    view: OrderView,
    respond: orderView,
    location: (order) => checkAt(order.orderId),
    checkAt,
  }),
  command('cancelOrder', {
    method: 'post',
    path: `${ORDER}/cancel`,
    params,
    status: 202,
    view: OrderView,
    respond: orderView,
    location: (order) => checkAt(order.orderId),
    checkAt,
  }),
  read({
    path: '/orders',
    summary: 'Orders, newest first',
    query: Type.Object({
      status: Type.Optional(OrderStatusField),
      customerId: Type.Optional(CustomerId),
      stuck: Type.Optional(Type.Boolean({ description: 'Only orders that could not end after their deadline' })),
      ...pageQuery,
    }),
    view: pageSchema(OrderView),
    async find({ query: { cursor, limit, ...filter } }, { dataSource }) {
      const after = decodePlace(cursor, UUID_KEY);
      const orders = await ordersListed(dataSource, { ...filter, after, limit: limit + 1 }).getMany();
      const { items, ...next } = pageOf(orders, limit, ({ placedAt, orderId }) => placeKey(placedAt, orderId));
      return { items: items.map(orderView), ...next };
    },
  }),
  read({
    path: '/orders/summary',
    summary: 'How many orders there are of each status',
    view: Type.Object(Object.fromEntries(orderStatuses.map((status) => [status, Type.Integer({ minimum: 0 })]))),
    find: (_input, { dataSource }) => countByStatus(dataSource),
  }),
  read({
    path: ORDER,
    summary: 'One order',
    params,
    view: OrderView,
    async find({ params: { orderId } }, { dataSource }) {
      const order = await findOrder(dataSource, orderId);
      return order === null ? undefined : orderView(order);
    },
  }),
];
