import type { Message } from './message.js';

export type SendOutcome = { readonly kind: 'sent' } | { readonly kind: 'refused'; readonly reason: string };

/**
 * Who carries the messages. Rejects when the message may not have left; it is then tried again with the same key. The signal aborts when a
 * call is given up: it is to be broken off.
 */
export interface Mailer {
  send(message: Message, idempotencyKey: string, signal: AbortSignal): Promise<SendOutcome>;
}
