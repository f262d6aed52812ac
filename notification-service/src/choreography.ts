import { choreography } from '@quickstep/shared/choreography';
import {
  NotificationFailed,
  NotificationSent,
  OrderCancelled,
  OrderCompleted,
  PaymentRefunded,
} from '@quickstep/shared/contracts';

/** Notification tells the customer how the order ended, and that money has come back. */
export const notification = choreography('notification-service', {
  notifyCustomer: {
    on: [OrderCompleted, OrderCancelled, PaymentRefunded],
    effect: 'mailer',
    outcomes: { sent: [NotificationSent], refused: [NotificationFailed], nothingToTell: [], repeated: [] },
  },
});
