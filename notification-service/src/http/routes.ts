import { OrderId } from '@quickstep/shared/contracts';
import { entityOf } from '@quickstep/shared/db';
import { decodeCursor, Nullable, named, pageOf, pageQuery, pageSchema, read, Timestamp, UUID_KEY } from '@quickstep/shared/http';
import { type Static, Type } from '@sinclair/typebox';
import { type Notification, Notifications } from '../db/tables.js';
import { channels, templates } from '../domain/message.js';

const fields = Type.Object({
  id: Type.String({ format: 'uuid' }),
  orderId: OrderId,
  template: Type.Union(templates.map((each) => Type.Literal(each))),
  channel: Type.Union(channels.map((each) => Type.Literal(each))),
  recipient: Type.String({ description: "An email address, or in the shop's inbox the customer's id" }),
  subject: Type.String(),
  body: Type.String(),
  status: Type.Union([Type.Literal('SENT'), Type.Literal('FAILED')]),
  failureReason: Nullable(Type.String()),
  createdAt: Timestamp,
});
const NotificationView = named('Notification', fields, {
  id: '0193a4b0-6a11-7d02-8b90-2f3c5d7e9a01',
  orderId: '0193a4b0-5f2e-7c31-9a54-0d6b1f1c2e77',
  template: 'order-completed',
  channel: 'email',
  recipient: 'ada@example.com',
  subject: 'Your order is on its way',
  body: 'Order 0193a4b0-5f2e-7c31-9a54-0d6b1f1c2e77 has been shipped. Tracking number: QS862D44AD0735B4.',
  status: 'SENT',
  failureReason: null,
  createdAt: '2026-11-21T10:00:00.120Z',
});

function notificationView(notification: Notification): Static<typeof NotificationView> {
  const { notificationId, template, channel, status, createdAt, ...shown } = notification;
  if (template === '' || channel === '' || status === 'NEW' || createdAt === null)
    throw new TypeError(`Notification ${notificationId} has not been sent`);
  return { id: notificationId, template, channel, status, createdAt, ...shown };
}

export const notificationRoutes = [
  read({
    path: '/notifications',
    summary: 'What customers were told, newest first',
    query: Type.Object({ orderId: Type.Optional(OrderId), ...pageQuery }),
    view: pageSchema(NotificationView),
    async find({ query: { orderId, cursor, limit } }, { dataSource }) {
      const after = decodeCursor(cursor, UUID_KEY);
      const query = dataSource.getRepository(entityOf(Notifications)).createQueryBuilder('n');
      // The id is that of an event, and grows with time (UUIDv7).
      query.orderBy('n.notificationId', 'DESC').limit(limit + 1);
      if (orderId !== undefined) query.andWhere('n.orderId = :orderId', { orderId });
      if (after !== undefined) query.andWhere('n.notificationId < :after', { after });
      const { items, ...next } = pageOf(await query.getMany(), limit, (each) => each.notificationId);
      return { items: items.map(notificationView), ...next };
    },
  }),
];
