import type { Mailer } from '../domain/mailer.js';

/** Sends nothing: the notification that the step records is the message. */
export const recordingMailer: Mailer = { send: async () => ({ kind: 'sent' }) };
