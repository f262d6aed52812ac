import type { Choices } from './choices.js';

/** Everything that the world does to the services. A count of each says whether a run has really been hard. */
export const faults = {
  crash: 'a process dies, and with it what it had in memory',
  'long downtime': 'the crashed process stays away for a while',
  'orderly restart': 'a process is told to stop, finishes and is replaced',
  'connection lost': 'every unsettled delivery comes again, publishes under way have no confirm',
  'ack lost': 'a settled delivery comes again',
  'message duplicated': 'a message is in its queue twice',
  'message reordered': 'a message overtakes those before it',
  'message delayed': 'a message takes long to reach its queue',
  'queues missing': 'events come back unroutable until the topology has been declared',
  'publish refused': 'the broker did not take an event',
  'confirm lost': 'the broker took an event, the publisher does not know',
  'copy for retry or dead letter lost': 'the copy did not get through',
  'copy made, confirm lost': 'the copy got through, the consumer does not know',
  'database away': 'a statement fails because the database cannot be reached',
  'commit lost': 'no answer to a commit, which did not happen',
  'answer to commit lost': 'no answer to a commit, which did happen',
  deadlock: 'a transaction is the victim of a deadlock',
  'statement timeout': 'the database cancels a statement that takes too long',
  'slow call': 'an answer of database, broker or provider takes long',
  'step threw': 'a step fails after it has changed its rows, which must not count then',
  'effect failed': 'gateway, carrier or mail server refuse to work',
  'effect timed out, not done': 'no answer, nothing happened',
  'effect timed out, done': 'no answer, but it happened',
  'effect timed out, done later': 'no answer, and it happens after the caller has given up',
} as const;

/** Where a crash has found its process. */
export const crashMoments = {
  'crash, nothing asked for': 'a process dies between two steps',
  'crash before commit': 'it dies with a transaction under way, which is lost with it',
  'crash after commit, before publish': 'the transaction was committed, its events were not published',
  'crash during publish': 'only some of the events reached the broker',
  'crash after publish, before confirm': 'all reached the broker, the outbox does not know',
  'crash before ack': 'deliveries had not been settled: they come again',
  'crash during an effect': 'the gateway or carrier had been asked; whether it acted is open',
} as const;

export type Fault = keyof typeof faults;
export const faultNames = Object.keys(faults).filter((name): name is Fault => name in faults);

export type CrashMoment = keyof typeof crashMoments;
export const crashMomentNames = Object.keys(crashMoments).filter((name): name is CrashMoment => name in crashMoments);

/** How likely each fault is whenever it could happen; absent means never. */
export type FaultRates = Partial<Record<Fault, number>>;

export const cellName = (fault: string, step: string) => `${fault} x ${step}`;

function addOne(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

/** Strikes by the choices of the run and keeps count. */
export class Faults {
  readonly counts = new Map<string, number>();
  /** How often each fault struck each step, by `<fault> x <step>`. */
  readonly cells = new Map<string, number>();
  /** Off while the world settles. */
  active = true;
  readonly #rates: FaultRates;
  readonly #choices: Choices;

  constructor(rates: FaultRates, choices: Choices) {
    this.#rates = rates;
    this.#choices = choices;
  }

  /** @param steps whose turn it is */
  strikes(fault: Fault, steps: readonly string[] | (() => readonly string[]) = []): boolean {
    const rate = this.#rates[fault];
    if (rate === undefined || !this.active || !this.#choices.chance(rate)) return false;
    this.count(fault, typeof steps === 'function' ? steps() : steps);
    return true;
  }

  /** Notes that something happened, fault or not. */
  count(what: string, steps: readonly string[] = []): void {
    addOne(this.counts, what);
    this.struck(what, steps);
  }

  /** Notes whose turn it was when a fault struck. */
  struck(fault: string, steps: readonly string[]): void {
    for (const step of steps) addOne(this.cells, cellName(fault, step));
  }
}
