import type { Fate } from '../pipeline/index.js';
import type { Message } from './messages.js';

export interface Pending {
  readonly message: Message;
  /** Events it carries. */
  readonly count: number;
  /** Waits for the broker to come back, rather than fail. */
  readonly patient: boolean;
  settle(fate: Fate): void;
}

export interface ConfirmWindowOptions {
  /** How long a confirm may take, in milliseconds; then its message counts as failed. */
  readonly timeout: number;
  /** Whether there is a channel to send on. */
  open(): boolean;
  /** Sends a message; `done` is called once, with what the broker says of it, whenever that is. */
  send(message: Message, done: (fate: Fate) => void): void;
  /** A confirm is overdue, the first one since the last that came. */
  overdue(message: Message): void;
}

/** Events sent and not yet confirmed, at most; what comes on top waits in memory. */
const IN_FLIGHT_LIMIT = 2_000;
/** Messages that wait, at most. A broker that is slower than the database for so long gets the rest from the outbox. */
const WAITING_LIMIT = 5_000;

interface Sent {
  readonly pending: Pending;
  /** From `performance.now()`. */
  readonly at: number;
  /** Whether its publisher has been told already. */
  settled: boolean;
}

/**
 * What is under way to one routing key. Each has a window of its own, so that a queue that does not confirm (without a leader, say)
 * stops nobody but those who publish to it.
 *
 * When a confirm is overdue the key counts as stalled until one comes: then a single message at a time finds out whether the broker
 * confirms again, and the others fail at once, or wait if they are patient.
 */
export class ConfirmWindow {
  readonly #options: ConfirmWindowOptions;
  /** In the order in which they were sent. */
  readonly #sent = new Set<Sent>();
  #waiting: Pending[] = [];
  #inFlight = 0;
  #stalled = false;
  #timer: NodeJS.Timeout | undefined;
  #flushing = false;

  constructor(options: ConfirmWindowOptions) {
    this.#options = options;
  }

  add(pending: Pending): void {
    const full = this.#stalled || this.#waiting.length >= WAITING_LIMIT;
    if (this.#waiting.length === 0 && this.#hasRoom()) this.#send(pending);
    else if (full && !pending.patient) pending.settle('failed');
    else this.#waiting.push(pending);
  }

  /** There is a new channel: what happened on the last one says nothing about it. */
  opened(): void {
    this.#stalled = false;
    this.#flush();
  }

  /** Fails what waits and is not patient, or all that waits. */
  failWaiting(all = false): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ patient }) => patient && !all);
    for (const { patient, settle } of waiting) if (!patient || all) settle('failed');
  }

  close(): void {
    clearTimeout(this.#timer);
    this.failWaiting(true);
  }

  #hasRoom(): boolean {
    return this.#options.open() && this.#inFlight < (this.#stalled ? 1 : IN_FLIGHT_LIMIT);
  }

  #send(pending: Pending): void {
    const sent: Sent = { pending, at: performance.now(), settled: false };
    this.#sent.add(sent);
    this.#inFlight += pending.count;
    // It only finds out whether the broker confirms again: nobody need wait for that.
    if (this.#stalled && !pending.patient) this.#settle(sent, 'failed');
    this.#watch(this.#options.timeout);
    this.#options.send(pending.message, (fate) => this.#done(sent, fate));
  }

  #done(sent: Sent, fate: Fate): void {
    if (fate !== 'failed') this.#stalled = false;
    this.#finish(sent, fate);
    this.#flushSoon();
  }

  /** It is no longer under way, whatever is still to come: a late confirm changes nothing for it. */
  #finish(sent: Sent, fate: Fate): void {
    if (this.#sent.delete(sent)) this.#inFlight -= sent.pending.count;
    this.#settle(sent, fate);
  }

  #settle(sent: Sent, fate: Fate): void {
    if (sent.settled) return;
    sent.settled = true;
    sent.pending.settle(fate);
  }

  /** One timer for all: it looks at the oldest. */
  #watch(milliseconds: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#expire();
    }, milliseconds);
  }

  #expire(): void {
    const { timeout, overdue } = this.#options;
    const now = performance.now();
    for (const sent of this.#sent) {
      const left = sent.at + timeout - now;
      if (left > 0) {
        this.#watch(left);
        break;
      }
      if (!this.#stalled) overdue(sent.pending.message);
      this.#stalled = true;
      this.#finish(sent, 'failed');
    }
    if (this.#stalled) this.failWaiting();
    this.#flushSoon();
  }

  /** Not within the confirm itself: a channel that closes fails its confirms before it says that it is closed. */
  #flushSoon(): void {
    if (this.#flushing || this.#waiting.length === 0) return;
    this.#flushing = true;
    process.nextTick(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    const waiting = this.#waiting;
    let sent = 0;
    for (; sent < waiting.length && this.#hasRoom(); sent++) {
      const pending = waiting[sent];
      if (pending !== undefined) this.#send(pending);
    }
    waiting.splice(0, sent);
  }
}
