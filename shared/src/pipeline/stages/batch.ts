import type { Refs } from '../../rows/index.js';
import { claimKey, claimsOf, refsOf, wantsOneOf } from '../claims.js';
import { type Decided, decider, failed } from '../decide.js';
import { Busy, Conflict, HeldTooLong, OutcomeUnknown, Unavailable } from '../errors.js';
import type { IntakeGate } from '../intake.js';
import type { Observer } from '../observer.js';
import type { Changes, Claim, Clock, Load, NewId, OpenBatch, OutboxEntry, Store } from '../ports.js';
import type { Tracing, Work } from '../work.js';
import { loadsFor, WorkingRows } from '../working-rows.js';
import type { Relay } from './publish.js';

interface Committed {
  readonly decided: readonly Decided[];
  readonly outbox: OutboxEntry | undefined;
  /** From `performance.now()`. */
  readonly started: number;
}

/** What a transaction has begun with. */
interface Opened {
  readonly open: OpenBatch;
  readonly claims: ReadonlyMap<string, Claim>;
  readonly refs: readonly (Refs | Error)[];
  readonly loads: readonly Load[];
}

type Decisions = Omit<Changes, 'published'>;

export interface BatchOptions {
  readonly service: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly relay: Relay;
  readonly observer: Observer;
  readonly tracing?: Tracing | undefined;
  /** Closed while events are held because the database is away. */
  readonly gate: Pick<IntakeGate, 'open' | 'close' | 'turnAway'>;
  /** Takes work that waits for a later batch. */
  takeBack(fits: (work: Work) => boolean): readonly Work[];
}

const CONFLICTS_BEFORE_HALVING = 5;
const UNAVAILABLE_PAUSE_MS = 250;
/** RabbitMQ closes the channel of a consumer that keeps a delivery for 30 minutes (its `consumer_timeout`). */
const HELD_AT_MOST_MS = 600_000;

const isAwaitedByClient = ({ awaitedBy }: Work) => awaitedBy === 'client';

/** Runs batches of work, each in one transaction: claim, load and lock, decide each in order, write, commit, publish, settle. */
export class BatchRunner {
  readonly #options: BatchOptions;
  readonly #decide: ReturnType<typeof decider>;
  #stopping = false;
  #away: Unavailable | undefined;
  /** By `elapsed` of the clock. */
  #awaySince: number | undefined;

  constructor(options: BatchOptions) {
    this.#options = options;
    this.#decide = decider(options.service, options.newId);
  }

  /** No more waiting for a database that is away: work that cannot be done now fails. */
  stop(): void {
    this.#stopping = true;
  }

  /** Set while the database cannot be reached. */
  get away(): Unavailable | undefined {
    return this.#away;
  }

  /** Every piece of work is settled when this resolves; it rejects only with a bug of those who are told after the commit. */
  run(batch: readonly Work[]): Promise<void> {
    return this.#run(batch, true);
  }

  /** @param again whether to try all once more, before halving, when a statement took too long and no locked row is known */
  async #run(batch: readonly Work[], again: boolean): Promise<void> {
    let works = batch;
    let mayRepeat = again;
    for (let conflicts = 0; works.length > 0; ) {
      let committed: Committed;
      try {
        committed = await this.#attempt(works);
      } catch (error) {
        // Whatever else is wrong, the database has answered.
        if (!(error instanceof Unavailable)) this.#answered();
        if (error instanceof Conflict) this.#options.observer.conflict();
        if (error instanceof Unavailable) works = await this.#hold(works, error);
        else if (error instanceof Conflict && conflicts < CONFLICTS_BEFORE_HALVING) conflicts++;
        else if (error instanceof Busy && works.some((work) => wantsOneOf(error.locked, work)))
          works = this.#without(works, error);
        else if (error instanceof Busy && works.length > 1 && mayRepeat) mayRepeat = false;
        else return await this.#halveOrFail(works, error);
        continue;
      }
      this.#answered();
      return this.#settle(committed);
    }
  }

  /** The database is there, or nobody is left who finds out: the next work does. */
  #answered(): void {
    this.#away = undefined;
    this.#awaySince = undefined;
    this.#options.gate.open();
  }

  /** However much work wants a locked row, the others wait for it once. */
  #without(works: readonly Work[], error: Busy): readonly Work[] {
    const [blocked, others]: [Work[], Work[]] = [[], []];
    for (const work of works) (wantsOneOf(error.locked, work) ? blocked : others).push(work);
    for (const work of blocked) work.settle({ kind: 'failed', error });
    return others;
  }

  /** One bad event must never block its neighbours: a batch that cannot be written is cut in halves until what is bad stands alone. */
  async #halveOrFail(works: readonly Work[], error: unknown): Promise<void> {
    const [only, ...others] = works;
    if (only !== undefined && others.length === 0) return only.settle({ kind: 'failed', error });
    const middle = Math.ceil(works.length / 2);
    await this.#run(works.slice(0, middle), false);
    await this.#run(works.slice(middle), false);
  }

  /** Clients are told at once; what was never begun has no unknown outcome. */
  async #hold(works: readonly Work[], error: Unavailable): Promise<readonly Work[]> {
    const { observer, clock, gate, takeBack } = this.#options;
    this.#away = error instanceof OutcomeUnknown ? new Unavailable(error.message) : error;
    observer.trouble('the database is away', error);
    const kept = this.#stopping ? [] : works.filter((work) => !isAwaitedByClient(work));
    const given = this.#stopping ? works : works.filter(isAwaitedByClient);
    for (const work of given) work.settle({ kind: 'failed', error });
    for (const work of takeBack(isAwaitedByClient)) work.settle({ kind: 'failed', error: this.#away });
    if (kept.length === 0) {
      // Of a call that is made now nobody could write the answer.
      if (this.#stopping) gate.turnAway(this.#away);
      this.#answered();
      return [];
    }
    gate.close();
    const now = clock.elapsed();
    this.#awaySince ??= now;
    if (now - this.#awaySince >= HELD_AT_MOST_MS) return this.#giveBack(kept);
    await new Promise<void>((resolve) => clock.after(UNAVAILABLE_PAUSE_MS, resolve));
    return kept;
  }

  /** What comes next finds out whether the database is back. */
  #giveBack(kept: readonly Work[]): readonly Work[] {
    const { gate, takeBack } = this.#options;
    const error = new HeldTooLong(
      `The database has been away for ${HELD_AT_MOST_MS / 60_000} minutes: what was held waits in the broker`,
    );
    for (const work of [...kept, ...takeBack(() => true)]) work.settle({ kind: 'failed', error });
    gate.turnAway(error);
    this.#answered();
    return [];
  }

  async #attempt(works: readonly Work[]): Promise<Committed> {
    const { store } = this.#options;
    const started = performance.now();
    const claims = claimsOf(works);
    const refs = works.map(refsOf);
    const loads = loadsFor(refs.flatMap((each) => (each instanceof Error ? [] : [each])));
    const open = await store.begin([...claims.values()], loads);
    const { decided, changes } = await this.#rollingBack(open, () => this.#decideAll(works, { open, claims, refs, loads }));
    await this.#write(open, changes);
    return { decided, outbox: changes.outbox, started };
  }

  /** What a step throws is in its result; an error here is one of the kit's own, and must not leave the transaction open. */
  async #rollingBack<Result>(open: OpenBatch, work: () => Result): Promise<Result> {
    try {
      return work();
    } catch (error) {
      await open
        .rollback()
        .catch((reason: unknown) => this.#options.observer.trouble('a batch could not be rolled back', reason));
      throw error;
    }
  }

  #decideAll(works: readonly Work[], { open, claims, refs, loads }: Opened): { decided: readonly Decided[]; changes: Decisions } {
    const claimed = new Set([...claims.keys()].filter((_, index) => open.claimed[index]));
    const rows = new WorkingRows(loads, open.rows);
    const now = this.#options.clock.now();
    const decided = works.map((work, index) => this.#decideOne(work, refs[index] ?? {}, rows, claimed, now));
    // Claims that nobody has used up: those of events whose step failed, every copy of them.
    const withdrawn = [...claims].flatMap(([key, claim]) => (claimed.has(key) ? [claim] : []));
    const events = decided.flatMap((each) => each.events);
    const outbox = events.length === 0 ? undefined : { id: this.#options.newId(), events };
    return { decided, changes: { ...rows.changes(), withdrawn, outbox } };
  }

  #decideOne(work: Work, refs: Refs | Error, rows: WorkingRows, claimed: Set<string>, now: Date): Decided {
    const key = claimKey(work);
    // Deleting makes a second copy of the event in this very batch a duplicate.
    if (key !== undefined && !claimed.delete(key)) return { work, result: { kind: 'duplicate' }, events: [] };
    try {
      if (refs instanceof Error) throw refs;
      return this.#decide(work, refs, rows, now);
    } catch (error) {
      // Another copy of the event in this batch is no duplicate of anything then: it must not be acknowledged as one.
      if (key !== undefined) claimed.add(key);
      return failed(work, error);
    }
  }

  async #write(open: OpenBatch, decisions: Decisions): Promise<void> {
    const { relay } = this.#options;
    const published = relay.takePublished();
    try {
      await open.commit({ ...decisions, published });
    } catch (error) {
      relay.giveBack(published);
      throw error;
    }
  }

  /** After the commit nothing may lead to another attempt: whatever is thrown here is a bug, and ends the process. */
  #settle({ decided, outbox, started }: Committed): void {
    const { relay, observer, tracing } = this.#options;
    tracing?.batch(
      decided.map(({ work }) => work),
      started,
    );
    if (outbox !== undefined) relay.publish(outbox);
    for (const { work, result } of decided) work.settle(result);
    observer.batch(decided.length, performance.now() - started);
  }
}
