import { Type } from '@sinclair/typebox';
import { event } from '../events/index.js';
import { NotificationId, OrderId, Reason, Word } from './fields.js';

const notification = { orderId: OrderId, notificationId: NotificationId, template: Word };

export const NotificationSent = event('notification.sent', Type.Object(notification), {
  description: 'The customer was told.',
  final: true,
});

export const NotificationFailed = event('notification.failed', Type.Object({ ...notification, reason: Reason }), {
  description: 'The message was refused for good.',
  final: true,
});
