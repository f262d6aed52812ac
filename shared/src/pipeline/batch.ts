import type { AnyDecision, AnyMessage, AnyStep, Refused } from '../choreography/index.js';
import { Permanent } from '../choreography/index.js';
import type { CloudEvent, EventContract, EventDraft } from '../events/index.js';
import type { Refs } from '../rows/index.js';
import { Conflict, Unavailable } from './errors.js';
import type { AwaitedBy } from './micro-batch.js';
import type { Observer } from './observer.js';
import type { Changes, Claim, Clock, NewId, OpenBatch, OutboxEntry, OutgoingEvent, Store } from './ports.js';
import type { Relay } from './relay.js';
import { type Cause, stamper } from './stamp.js';
import { loadsFor, WorkingRows } from './working-rows.js';

/** A step bound to its name and to the contracts of what it may emit. */
export interface BoundStep {
  readonly name: string;
  readonly step: AnyStep;
  readonly emits: ReadonlyMap<string, EventContract>;
  readonly awaitedBy: AwaitedBy;
}

/** How a piece of work ended. A failed one has left nothing behind. */
export type WorkResult =
  | { readonly kind: 'done'; readonly reply: unknown }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'refused'; readonly refusal: Refused }
  | { readonly kind: 'failed'; readonly error: unknown };

/** One message for one step. */
export interface Work {
  readonly bound: BoundStep;
  readonly message: AnyMessage;
  readonly cause: Cause;
  /** The outcome of the step's effect. */
  readonly outcome: unknown;
  /** Set when the message is an event: it is claimed in the inbox. */
  readonly event?: { readonly event: CloudEvent; readonly body: string };
  settle(result: WorkResult): void;
}

interface Decided {
  readonly work: Work;
  readonly result: WorkResult;
  readonly events: readonly OutgoingEvent[];
}

interface Committed {
  readonly decided: readonly Decided[];
  readonly outbox: OutboxEntry | undefined;
  /** From `performance.now()`. */
  readonly started: number;
}

export interface BatchOptions {
  readonly service: string;
  readonly store: Store;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly relay: Relay;
  readonly observer: Observer;
  /** Keep a history of every event consumed and emitted. */
  readonly history: boolean;
  /** Takes the work that waits for a later batch although a client waits for it: asked for when the database is away. */
  takeAwaitedByClients(): readonly Work[];
}

const CONFLICTS_BEFORE_SPLITTING = 5;
const UNAVAILABLE_PAUSE_MS = 250;

const claimKey = (work: Work) =>
  work.event === undefined ? undefined : `${work.bound.name} ${work.event.event.id.toLowerCase()}`;

/** The claims of a batch, each once: a duplicate may sit in the same batch as its original. */
function claimsOf(works: readonly Work[]): Map<string, Claim> {
  const claims = new Map<string, Claim>();
  for (const work of works) {
    const key = claimKey(work);
    if (key !== undefined && work.event !== undefined)
      claims.set(key, { step: work.bound.name, eventId: work.event.event.id.toLowerCase() });
  }
  return claims;
}

function eventsOf(decision: AnyDecision): readonly EventDraft[] {
  if (!('accepted' in decision)) return decision;
  return decision.accepted ? decision.events : [];
}

function resultOf(decision: AnyDecision): WorkResult {
  if (!('accepted' in decision)) return { kind: 'done', reply: undefined };
  return decision.accepted ? { kind: 'done', reply: decision.reply } : { kind: 'refused', refusal: decision };
}

/** Runs batches of work, each in one transaction: claim, load and lock, decide each in order, write, commit, publish, settle. */
export class BatchRunner {
  readonly #options: BatchOptions;
  readonly #stamp: ReturnType<typeof stamper>;
  #stopping = false;
  #away: Unavailable | undefined;

  constructor(options: BatchOptions) {
    this.#options = options;
    this.#stamp = stamper(options.service, options.newId);
  }

  /** No more waiting for a database that is away: work that cannot be done now fails. */
  stop(): void {
    this.#stopping = true;
  }

  /** Set while the database cannot be reached. */
  get away(): Unavailable | undefined {
    return this.#away;
  }

  /** Every piece of work is settled when this resolves; it never rejects. */
  async run(batch: readonly Work[]): Promise<void> {
    let works = batch;
    for (let conflicts = 0; works.length > 0; ) {
      let committed: Committed;
      try {
        committed = await this.#attempt(works);
        this.#away = undefined;
      } catch (error) {
        if (error instanceof Conflict) this.#options.observer.conflict();
        if (error instanceof Unavailable) works = await this.#hold(works, error);
        else if (error instanceof Conflict && conflicts < CONFLICTS_BEFORE_SPLITTING) conflicts++;
        else return await this.#splitOrFail(works, error);
        continue;
      }
      return this.#settle(committed);
    }
  }

  /** One bad event must never block its neighbours: when the batch as a whole cannot be written, each gets its own transaction. */
  async #splitOrFail(works: readonly Work[], error: unknown): Promise<void> {
    const [only, ...others] = works;
    if (only !== undefined && others.length === 0) return only.settle({ kind: 'failed', error });
    for (const work of works) await this.run([work]);
  }

  async #hold(works: readonly Work[], error: Unavailable): Promise<readonly Work[]> {
    const { observer, clock, takeAwaitedByClients } = this.#options;
    this.#away = error;
    observer.trouble('the database is away', error);
    const kept = this.#stopping ? [] : works.filter(({ bound }) => bound.awaitedBy !== 'client');
    const failed = this.#stopping ? works : works.filter(({ bound }) => bound.awaitedBy === 'client');
    for (const work of [...failed, ...takeAwaitedByClients()]) work.settle({ kind: 'failed', error });
    if (kept.length > 0) await new Promise<void>((resolve) => clock.after(UNAVAILABLE_PAUSE_MS, resolve));
    else this.#away = undefined;
    return kept;
  }

  async #attempt(works: readonly Work[]): Promise<Committed> {
    const { store } = this.#options;
    const started = performance.now();
    const refs = works.map(rowsNamedBy);
    const claims = claimsOf(works);
    const loads = loadsFor(refs.flatMap((each) => (each instanceof Error ? [] : [each])));
    const open = await store.begin([...claims.values()], loads);
    const claimed = new Set([...claims.keys()].filter((_, index) => open.claimed[index]));
    const rows = new WorkingRows(loads, open.rows);
    // Nothing from here to the commit may throw, or the transaction would stay open: what a step throws is in its result.
    const decided = works.map((work, index) => this.#decide(work, refs[index] ?? {}, rows, claimed));
    // Claims that nobody has used up: those of events whose step failed, every copy of them.
    const withdrawn = [...claims].flatMap(([key, claim]) => (claimed.has(key) ? [claim] : []));
    const outbox = await this.#write(open, rows, decided, withdrawn);
    return { decided, outbox, started };
  }

  /** After the commit nothing may lead to another attempt. */
  #settle({ decided, outbox, started }: Committed): void {
    const { relay, observer } = this.#options;
    if (outbox !== undefined) relay.publish(outbox);
    for (const { work, result } of decided) work.settle(result);
    observer.batch(decided.length, performance.now() - started);
  }

  #decide(work: Work, refs: Refs | Error, rows: WorkingRows, claimed: Set<string>): Decided {
    const key = claimKey(work);
    // Deleting makes a second copy of the event in this very batch a duplicate.
    if (key !== undefined && !claimed.delete(key)) return { work, result: { kind: 'duplicate' }, events: [] };
    try {
      if (refs instanceof Error) throw refs;
      const borrowed = rows.borrow(refs);
      const now = this.#options.clock.now();
      const decision = work.bound.step.decide(work.message, borrowed.rows, { now, outcome: work.outcome });
      const events = this.#stampAll(work, eventsOf(decision), now);
      const result = resultOf(decision);
      if (result.kind === 'done') borrowed.keep();
      return { work, result, events };
    } catch (error) {
      // Another copy of the event in this batch is no duplicate of anything then: it must not be acknowledged as one.
      if (key !== undefined) claimed.add(key);
      return { work, result: { kind: 'failed', error }, events: [] };
    }
  }

  #stampAll({ bound, cause }: Work, drafts: readonly EventDraft[], now: Date): OutgoingEvent[] {
    if (drafts.length === 0) return [];
    const time = now.toISOString();
    return drafts.map((draft, position) => {
      const contract = bound.emits.get(draft.type);
      if (contract === undefined) throw new Permanent(`Step "${bound.name}" emitted ${draft.type}, which it does not declare`);
      return this.#stamp(contract, draft, cause, bound.name, position, time);
    });
  }

  async #write(
    open: OpenBatch,
    rows: WorkingRows,
    decided: readonly Decided[],
    withdrawn: readonly Claim[],
  ): Promise<OutboxEntry | undefined> {
    const { relay, newId, history } = this.#options;
    const events = decided.flatMap((each) => each.events);
    const outbox = events.length === 0 ? undefined : { id: newId(), events };
    const published = relay.takePublished();
    const changes: Changes = {
      ...rows.changes(),
      withdrawn,
      history: history ? [...consumed(decided), ...events] : [],
      outbox,
      published,
    };
    try {
      await open.commit(changes);
    } catch (error) {
      relay.giveBack(published);
      throw error;
    }
    return outbox;
  }
}

function rowsNamedBy({ bound, message }: Work): Refs | Error {
  try {
    return bound.step.rows(message);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function consumed(decided: readonly Decided[]): NonNullable<Work['event']>[] {
  return decided.flatMap(({ work, result }) => (result.kind === 'done' && work.event !== undefined ? [work.event] : []));
}
