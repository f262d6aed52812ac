import { table } from '@quickstep/shared/rows';
import { EntitySchema } from 'typeorm';
import type { Notification } from '../domain/notification.js';

export const NotificationEntity = new EntitySchema<Notification>({
  name: 'Notification',
  tableName: 'notifications',
  columns: {
    notificationId: { name: 'notification_id', type: 'uuid', primary: true },
    orderId: { name: 'order_id', type: 'uuid' },
    template: { type: 'text' },
    channel: { type: 'text' },
    recipient: { type: 'text' },
    subject: { type: 'text' },
    body: { type: 'text' },
    status: { type: 'text' },
    failureReason: { name: 'failure_reason', type: 'text', nullable: true },
    createdAt: { name: 'created_at', type: 'timestamptz', nullable: true },
  },
});

export const Notifications = table(
  NotificationEntity,
  (notificationId): Notification => ({
    notificationId,
    orderId: '',
    template: '',
    channel: '',
    recipient: '',
    subject: '',
    body: '',
    status: 'NEW',
    failureReason: null,
    createdAt: null,
  }),
);
