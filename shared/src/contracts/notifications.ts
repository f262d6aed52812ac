import { Type } from '@sinclair/typebox';
import { event } from '../events/index.js';
import { OrderId, Reason } from './fields.js';

const notification = { orderId: OrderId, notificationId: Type.String({ format: 'uuid' }), template: Type.String() };

export const NotificationSent = event('notification.sent', Type.Object(notification), {
  description: 'The customer was told.',
  final: true,
});

export const NotificationFailed = event('notification.failed', Type.Object({ ...notification, reason: Reason }), {
  description: 'The message was refused for good.',
  final: true,
});
