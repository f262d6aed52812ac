import { OrderId } from '@quickstep/shared/contracts';
import { entityOf } from '@quickstep/shared/db';
import { decodeCursor, Nullable, pageOf, pageQuery, pageSchema, read, Timestamp, UUID_KEY } from '@quickstep/shared/http';
import { type Static, Type } from '@sinclair/typebox';
import { type Notification, Notifications } from '../db/tables.js';

const NotificationView = Type.Object({
  id: Type.String({ format: 'uuid' }),
  orderId: OrderId,
  template: Type.String(),
  channel: Type.String(),
  recipient: Type.String(),
  subject: Type.String(),
  body: Type.String(),
  status: Type.String(),
  failureReason: Nullable(Type.String()),
  createdAt: Nullable(Timestamp),
});

function notificationView({ notificationId, ...shown }: Notification): Static<typeof NotificationView> {
  return { id: notificationId, ...shown };
}

export const notificationRoutes = [
  read({
    path: '/notifications',
    summary: 'What customers were told, oldest first',
    query: Type.Object({ orderId: Type.Optional(OrderId), ...pageQuery }),
    view: pageSchema(NotificationView),
    async find({ query: { orderId, cursor, limit } }, { dataSource }) {
      const after = decodeCursor(cursor, UUID_KEY);
      const query = dataSource.getRepository(entityOf(Notifications)).createQueryBuilder('n');
      query.orderBy('n.notificationId', 'ASC').limit(limit + 1);
      if (orderId !== undefined) query.andWhere('n.orderId = :orderId', { orderId });
      if (after !== undefined) query.andWhere('n.notificationId > :after', { after });
      const { items, ...next } = pageOf(await query.getMany(), limit, (each) => each.notificationId);
      return { items: items.map(notificationView), ...next };
    },
  }),
];
