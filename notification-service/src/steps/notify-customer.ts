import { step } from '@quickstep/shared/choreography';
import { asReason, NotificationFailed, NotificationSent } from '@quickstep/shared/contracts';
import { notification as declared } from '../choreography.js';
import { Notifications } from '../db/tables.js';
import type { Mailer, SendOutcome } from '../domain/mailer.js';
import { messageFor } from '../domain/message.js';

const SENT: SendOutcome = { kind: 'sent' };

export const notifyCustomer = (mailer: Mailer) =>
  step(declared, 'notifyCustomer', {
    rows: ({ id }) => ({ notification: Notifications.fresh(id) }),
    effect: async (event, idempotencyKey) => {
      const message = messageFor(event);
      return message === undefined ? SENT : mailer.send(message, idempotencyKey);
    },
    decide: (event, { notification }, { now, outcome }) => {
      const message = messageFor(event);
      if (message === undefined || notification.status !== 'NEW') return [];
      const { orderId } = event.data;
      const { notificationId } = notification;
      Object.assign(notification, message, { orderId, createdAt: now });
      if (outcome.kind === 'refused') {
        const reason = asReason(outcome.reason);
        Object.assign(notification, { status: 'FAILED', failureReason: reason });
        return [NotificationFailed({ orderId, notificationId, template: message.template, reason })];
      }
      notification.status = 'SENT';
      return [NotificationSent({ orderId, notificationId, template: message.template })];
    },
  });
