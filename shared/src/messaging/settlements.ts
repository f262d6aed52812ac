import type { Channel, ConsumeMessage } from 'amqplib';

/** A message that goes back to its queue does so after a while, or it would come round at full speed. Milliseconds. */
const REQUEUE_AFTER = 1_000;

/**
 * An ack waits so long for others, in milliseconds: nobody waits for it, and it costs a quorum queue about as much as a message. What is
 * not acknowledged yet when the process dies is delivered once more.
 */
const GATHER = 50;
/** Share of the deliveries that the broker hands out at most after which acks wait no longer: it must not run dry. */
const ENOUGH = 1 / 8;

/**
 * Settles the deliveries of one channel. Acks go out together: one multiple-ack for everything up to the first delivery that is
 * not finished, and an ack each for those that finished ahead of it. Delivery tags count from 1.
 */
export class Settlements {
  readonly #channel: Pick<Channel, 'ack' | 'reject'>;
  readonly #enough: number;
  readonly #requeues = new Set<NodeJS.Timeout>();
  #acked = new Map<number, ConsumeMessage>();
  /** Settled ahead of an unfinished delivery. */
  readonly #ahead = new Set<number>();
  /** This delivery and all before it are settled. */
  #upTo = 0;
  #gathering: NodeJS.Timeout | undefined;
  #scheduled = false;
  #closed = false;
  readonly #gone = new AbortController();

  /** @param prefetch deliveries that the broker hands out at most before one is settled */
  constructor(channel: Pick<Channel, 'ack' | 'reject'>, prefetch: number) {
    this.#channel = channel;
    this.#enough = prefetch * ENOUGH;
  }

  /** Aborts when the channel is closed, and with it whatever works for a delivery that the broker hands out again. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  ack(message: ConsumeMessage): void {
    if (this.#closed) return;
    this.#acked.set(message.fields.deliveryTag, message);
    if (this.#acked.size < this.#enough) this.#gathering ??= setTimeout(() => this.flush(), GATHER);
    else if (!this.#scheduled) {
      this.#scheduled = true;
      // Runs when the promises of this turn have all been dealt with, and so have all acks of a batch.
      process.nextTick(() => this.flush());
    }
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

  /** Acknowledges what waits for others. */
  flush(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
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
    this.#gone.abort(new Error('The channel on which it was delivered is closed'));
    clearTimeout(this.#gathering);
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
