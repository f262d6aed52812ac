import type { Message } from './message.js';

/** One message to a customer, as it was sent. Its id is that of the event that it tells of. */
export type Notification = {
  readonly notificationId: string;
  orderId: string;
  template: Message['template'] | '';
  channel: Message['channel'] | '';
  recipient: string;
  subject: string;
  body: string;
  status: 'NEW' | 'SENT' | 'FAILED';
  failureReason: string | null;
  createdAt: Date | null;
};
