import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@quickstep/shared/logging';
import { isMissing, type Message } from '@quickstep/shared/messaging';
import { type Observer, reasonOf } from '@quickstep/shared/pipeline';
import { choreographies } from '@quickstep/system';
import type { DeadLetterIndex } from '../db/dead-letter-index.js';
import type { PlanItems } from '../db/dead-letter-items.js';
import type { PlanRow } from '../db/dead-letter-plans.js';
import type { DeadLetterBroker } from './dead-letter-broker.js';
import type { Outcomes } from './outcomes.js';
import { type Ending, Run, stopAsked } from './run.js';
import { deadLetterQueueOf, holdingLetters, reconcileQueue } from './sweep.js';

export interface PlanRunnerOptions {
  readonly broker: DeadLetterBroker;
  readonly index: DeadLetterIndex;
  readonly items: PlanItems;
  readonly outcomes: Outcomes;
  readonly observer: Pick<Observer, 'trouble'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** How often queues and index are compared, in milliseconds. */
  readonly compareEvery: number;
  plan(id: string): Promise<PlanRow | undefined>;
  end(plan: PlanRow, stoppedBecause: string | undefined): Promise<void>;
}

const LOOK_EVERY_MS = 500;
/** What has become of the messages of plans that have ended is asked of their services so often, for up to a day. */
const ASK_EVERY_MS = 5_000;
/** A message may have been sent without anybody having written that down: so long its service is given to say so. */
const DOUBT_MS = 5_000;
/** Each pass over a queue counts as a delivery of each of its messages, of which a million are allowed: equal counts are believed for so long. */
const WHOLE_PASS_EVERY_MS = 6 * 3_600_000;

/** Compares the queues of dead letters with the index, and carries out plans: one thing at a time. */
export class PlanRunner {
  readonly #options: PlanRunnerOptions;
  /** Services of which queue and index differed at the last look. */
  readonly #differed = new Set<string>();
  readonly #passedAt = new Map<string, number>();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #comparedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** Why what is tried again failed last. */
  readonly #failures = new Map<string, string>();

  constructor(options: PlanRunnerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#work();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      await this.#tried('looking for plans', () => this.#nextPlan());
      if (performance.now() - this.#askedAt >= ASK_EVERY_MS)
        await this.#tried('asking what has become of messages', () => this.#askLate());
      if (performance.now() - this.#comparedAt >= this.#options.compareEvery)
        await this.#tried('comparing queues with the index', () => this.#compare());
      await this.#rest();
    }
  }

  /** What fails is tried again, keeps nothing else from being done, and is told once. @returns whether it was done */
  async #tried(what: string, action: () => Promise<unknown>): Promise<boolean> {
    if (this.#stopped) return false;
    try {
      await action();
      this.#failures.delete(what);
      return true;
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== this.#failures.get(what) && !this.#stopped)
        this.#options.observer.trouble(`dead letters: ${what} failed; it is tried again`, error);
      this.#failures.set(what, reason);
      return false;
    }
  }

  /** Until the next look, or the end. */
  async #rest(): Promise<void> {
    await pause(LOOK_EVERY_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  /** The one that has been waiting longest, but for those that cannot be begun. */
  async #nextPlan(): Promise<void> {
    const { items } = this.#options;
    for (const plan of await items.running())
      if (await this.#tried(`plan ${plan}`, () => items.alone(() => this.#carryOut(plan)))) return;
  }

  async #askLate(): Promise<void> {
    const { items, outcomes } = this.#options;
    this.#askedAt = performance.now();
    for (const plan of await items.undecided()) await outcomes.decide(plan, await items.itemsInStates(plan, ['sent'], 10_000));
  }

  async #compare(): Promise<void> {
    await this.#options.items.alone(() => this.#compareAll());
    this.#comparedAt = performance.now();
  }

  /** Looks at the lengths of all queues, and through those that differ from the index for the second time. */
  async #compareAll(): Promise<void> {
    const { broker, index, logger } = this.#options;
    const counts = await index.counts();
    for (const { service } of choreographies) {
      if (this.#stopped) return;
      const queue = deadLetterQueueOf(service);
      const absent = await isMissing(broker.consuming, queue);
      if (absent)
        logger.warn('a dead-letter queue is missing: what is parked is in the index only; set the system up again', { queue });
      const length = absent ? 0 : await this.#lengthOf(queue);
      const indexed = counts.get(service) ?? 0;
      const due = performance.now() - (this.#passedAt.get(service) ?? 0) > WHOLE_PASS_EVERY_MS && length > 0;
      const differs = length !== indexed && this.#differed.has(service);
      if (length === indexed) this.#differed.delete(service);
      else this.#differed.add(service);
      if (!differs && !due) continue;
      const gone = await reconcileQueue(broker.consuming, index, service);
      this.#passedAt.set(service, performance.now());
      logger.info('compared the dead letters of a service with the index', { queue, length, indexed, gone });
    }
  }

  async #lengthOf(queue: string): Promise<number> {
    const channel = await this.#options.broker.consuming.createChannel();
    channel.on('error', () => undefined);
    try {
      return (await channel.checkQueue(queue)).messageCount;
    } finally {
      await channel.close().catch(() => undefined);
    }
  }

  async #carryOut(id: string): Promise<void> {
    const { broker, index, items, outcomes } = this.#options;
    const plan = await this.#options.plan(id);
    if (plan?.state !== 'running') return;
    if (plan.stopAskedBy !== null) return this.#endAsAsked(plan, plan.stopAskedBy);
    await this.#resolveDoubts(id);
    const stopping = this.#stopping.signal;
    const publish = (message: Message) => broker.publisher.publishCopy(message);
    const run = new Run({ plan, index, items, outcomes, publish, stopping });
    let ending = await this.#runOnce(id, run);
    while (ending.kind === 'released') {
      await this.#rest();
      ending = await this.#runOnce(id, run);
    }
    if (ending.kind === 'interrupted') return;
    await this.#end(plan, ending.kind === 'stopped' ? ending.because : undefined);
  }

  /** Also when it cannot be begun; but what may have been sent already is not put back as parked while anybody knows. */
  async #endAsAsked(plan: PlanRow, by: string): Promise<void> {
    await this.#tried('finding out what was sent', () => this.#resolveDoubts(plan.id));
    if (!this.#stopped) await this.#end(plan, stopAsked(by));
  }

  async #end(plan: PlanRow, because: string | undefined): Promise<void> {
    await this.#options.end(plan, because);
    const { id, action } = plan;
    this.#options.logger.info('a plan for dead letters has ended', { plan: id, action: action ?? '', stoppedBecause: because });
  }

  /** With the plan's messages in hand, for as long as they may be held. */
  async #runOnce(id: string, run: Run): Promise<Ending> {
    const { broker, index, items } = this.#options;
    const wanted = new Map<string, Set<string>>();
    for (const { service, deadLetterId } of await items.itemsInStates(id, ['waiting'], 1_000_000)) {
      wanted.set(service, (wanted.get(service) ?? new Set()).add(deadLetterId));
    }
    return holdingLetters(broker.consuming, index, wanted, (hold) => run.carryOut(hold));
  }

  /**
   * What was about to be sent when a process was killed may be with the broker or not. Its service says whether it has handled it, the
   * index whether it came back; what neither knows is sent again under the same name, and the service's inbox makes one of both.
   */
  async #resolveDoubts(plan: string): Promise<void> {
    const { items, outcomes } = this.#options;
    let doubtful = await items.itemsInStates(plan, ['sending'], 1_000_000);
    for (const until = performance.now() + DOUBT_MS; performance.now() < until && !this.#stopped && doubtful.length > 0; ) {
      doubtful = (await outcomes.decide(plan, doubtful)).open.slice();
      if (doubtful.length > 0) await this.#rest();
    }
    if (this.#stopped) return;
    await items.backToWaiting(
      plan,
      doubtful.map(({ position }) => position),
    );
  }
}
