import type { ConsumeMessage } from 'amqplib';
import type { Topology } from '../choreography/index.js';
import { type Delivery, type Failure, MAX_BYTES } from '../pipeline/index.js';
import { parkedCopy, retryCopy } from './copies.js';
import { BATCHED, type Message } from './messages.js';
import { originOf } from './origin.js';

/** How a message is put aside: a copy of it is published. */
export interface Copying {
  readonly topology: Topology;
  /** Publishes the copies for retry and dead letter. */
  readonly copies: { publishCopy(message: Message): Promise<void> };
  /** Takes out of a reason what nobody is to read: copies show it to operators. */
  redact?(text: string): string;
}

/** A message of the broker as the pipeline takes it. */
export function deliveryOf(
  message: ConsumeMessage,
  { copies, topology, redact = (text) => text }: Copying,
  settling: Pick<Delivery, 'ack' | 'requeue'>,
): Delivery {
  const redacted = (failure: Failure): Failure => ({ ...failure, reason: redact(failure.reason) });
  const origin = originOf(message);
  const original = { message, origin };
  const { content, fields } = message;
  // What is too large to be read is not made a text, which would take as much memory again.
  const whole = content.length > MAX_BYTES ? content : content.toString();
  // The message as a whole keeps its bytes, which need not be text at all.
  const bytes = (body: Buffer | string) => (body === whole ? content : body);
  return {
    body: whole,
    batched: message.properties.contentType === BATCHED,
    // What comes by another way than it was published is a copy.
    repeated: fields.redelivered || fields.exchange !== origin.exchange,
    ...origin,
    ...settling,
    retry: async (body, failure, wait) => copies.publishCopy(retryCopy(original, bytes(body), redacted(failure), topology, wait)),
    park: async (body, failure) => copies.publishCopy(parkedCopy(original, bytes(body), redacted(failure), topology)),
  };
}
