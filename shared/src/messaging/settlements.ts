import type { Channel, ConsumeMessage } from 'amqplib';

/** A message that goes back to its queue does so after a while, or it would come round at full speed. Milliseconds. */
const REQUEUE_AFTER = 1_000;

/**
 * Settles the deliveries of one channel. The acks of one turn of the event loop go out together: one multiple-ack for everything
 * up to the first delivery that is not finished, and an ack each for those that finished ahead of it. Delivery tags count from 1.
 */
export class Settlements {
  readonly #channel: Pick<Channel, 'ack' | 'reject'>;
  readonly #requeues = new Set<NodeJS.Timeout>();
  #acked = new Map<number, ConsumeMessage>();
  /** Settled ahead of an unfinished delivery. */
  readonly #ahead = new Set<number>();
  /** This delivery and all before it are settled. */
  #upTo = 0;
  #scheduled = false;
  #closed = false;

  constructor(channel: Pick<Channel, 'ack' | 'reject'>) {
    this.#channel = channel;
  }

  ack(message: ConsumeMessage): void {
    if (this.#closed) return;
    this.#acked.set(message.fields.deliveryTag, message);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Runs when the promises of this turn have all been dealt with, and so have all acks of a batch.
    process.nextTick(() => this.flush());
  }

  requeue(message: ConsumeMessage): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#requeues.delete(timer);
      this.#ahead.add(message.fields.deliveryTag);
      // `reject`, as `nack` does not count towards the delivery limit from 4.3 on.
      this.#send(() => this.#channel.reject(message, true));
    }, REQUEUE_AFTER);
    this.#requeues.add(timer);
  }

  flush(): void {
    this.#scheduled = false;
    const acked = this.#acked;
    this.#acked = new Map();
    const last = this.#advance(acked);
    if (last !== undefined) this.#send(() => this.#channel.ack(last, true));
    for (const [tag, message] of acked) {
      this.#ahead.add(tag);
      this.#send(() => this.#channel.ack(message));
    }
  }

  /** The channel is gone or about to go: the broker delivers again what is not settled by now. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#requeues) clearTimeout(timer);
  }

  /**
   * Moves on over all that is settled, and takes from `acked` what a multiple-ack covers; the result is its last one. The broker
   * must still know that delivery: a multiple-ack with a tag that was settled before closes the channel.
   */
  #advance(acked: Map<number, ConsumeMessage>): ConsumeMessage | undefined {
    let last: ConsumeMessage | undefined;
    for (let tag = this.#upTo + 1; ; tag++) {
      const message = acked.get(tag);
      if (message === undefined && !this.#ahead.delete(tag)) return last;
      if (message !== undefined) last = message;
      acked.delete(tag);
      this.#upTo = tag;
    }
  }

  #send(settle: () => void): void {
    if (this.#closed) return;
    try {
      settle();
    } catch {
      // The channel is closing; its messages are delivered again.
      this.close();
    }
  }
}
