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
    uncompensated: 'what the customer was told cannot be taken back',
    outcomes: {
      sent: [NotificationSent],
      refused: { fails: true, emits: [NotificationFailed] },
      nothingToTell: { on: [PaymentRefunded], changesNothing: true }, // a refund of nothing
      repeated: { after: 'notifyCustomer' },
    },
  },
});
