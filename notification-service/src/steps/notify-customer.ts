import { effectStep, outcome } from '@quickstep/shared/choreography';
import { asReason, NotificationFailed, NotificationSent } from '@quickstep/shared/contracts';
import { change } from '@quickstep/shared/rows';
import { notification as declared } from '../choreography.js';
import { Notifications } from '../db/tables.js';
import type { Mailer } from '../domain/mailer.js';
import { isWorthTelling, messageFor } from '../domain/message.js';

export const notifyCustomer = (mailer: Mailer) =>
  effectStep(declared, 'notifyCustomer', {
    rows: ({ id }) => ({ notification: Notifications.fresh(id) }),
    isNeeded: isWorthTelling,
    effect: (event, key, signal) => mailer.send(messageFor(event), key, signal),
    decide: (event, { notification }, { now, answer }) => {
      if (answer === undefined) return outcome('nothingToTell');
      if (notification.status !== 'NEW') return outcome('repeated');
      const { orderId } = event.data;
      const { notificationId } = notification;
      const message = messageFor(event);
      const { template } = message;
      change(notification, { ...message, orderId, createdAt: now });
      if (answer.kind === 'refused') {
        const reason = asReason(answer.reason);
        change(notification, { status: 'FAILED', failureReason: reason });
        return outcome('refused', NotificationFailed({ orderId, notificationId, template, reason }));
      }
      notification.status = 'SENT';
      return outcome('sent', NotificationSent({ orderId, notificationId, template }));
    },
  });
