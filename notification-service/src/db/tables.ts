import { type RowOf, table, text, textOrNull, timeOrNull, uuid, uuidKey } from '@quickstep/shared/rows';
import type { Message } from '../domain/message.js';

/** One message to a customer, as it was sent. Its id is that of the event that it tells of. */
export const Notifications = table('notifications', {
  notificationId: uuidKey(),
  orderId: uuid(''),
  template: text<Message['template'] | ''>(''),
  channel: text<Message['channel'] | ''>(''),
  recipient: text(''),
  subject: text(''),
  body: text(''),
  status: text<'NEW' | 'SENT' | 'FAILED'>('NEW'),
  failureReason: textOrNull(),
  createdAt: timeOrNull(),
});
export type Notification = RowOf<typeof Notifications>;
