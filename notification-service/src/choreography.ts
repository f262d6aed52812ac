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
    // A mail server that greylists takes a message after some minutes, and a late message is better than none.
    retry: { from: 10_000, limit: 12 },
    uncompensated: 'what the customer was told cannot be taken back',
    outcomes: {
      sent: [NotificationSent],
      refused: { fails: true, emits: [NotificationFailed] },
      nothingToTell: { on: [PaymentRefunded], changesNothing: true }, // a refund of nothing
      repeated: { after: 'notifyCustomer' },
    },
  },
});
