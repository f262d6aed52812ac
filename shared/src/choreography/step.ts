import type { CommandData, DraftOf, EventContract, EventDraft, EventOf, FieldError } from '../events/index.js';
import type { LoadedRows, Refs, Table, TypedTable } from '../rows/index.js';
import type { OutcomeDeclaration, StepDeclaration } from './choreography.js';

/** What a command step decides over: the client's request. */
export interface CommandMessage<Data = unknown> {
  /** Identifies the work, the same for a repetition under the same key; becomes the cause of the events. */
  readonly id: string;
  /** What the command is about: the id in the path, or the one made for the new thing. */
  readonly subject: string;
  /** The request's body. */
  readonly data: Data;
  /** The client's `Idempotency-Key`. */
  readonly idempotencyKey?: string | undefined;
  /** The client's `If-Match`: the versions of the thing that it means. */
  readonly expected?: Expected | undefined;
}

/** Some versions of a thing, or any. */
export type Expected = readonly string[] | '*';

/** Whether a thing is the one that the client means to change. @param version undefined when there is no such thing yet */
export function isExpected({ expected }: CommandMessage, version: number | undefined): boolean {
  if (expected === undefined) return true;
  return version !== undefined && (expected === '*' || expected.includes(String(version)));
}

/** What a timer step decides over: the row whose moment has come. */
export interface TimerMessage {
  readonly id: string;
  /** The key of the row. */
  readonly subject: string;
  readonly data: undefined;
}

/** How a step ended: one of its declared outcomes, with exactly the events that it declares. */
export interface Outcome<Name extends string = string, Events extends readonly EventDraft[] = readonly EventDraft[]> {
  readonly outcome: Name;
  readonly events: Events;
}

/** Ends a step: `outcome('declined', PaymentFailed({ ... }), InventoryRelease({ ... }))`. */
export function outcome<const Name extends string, const Events extends readonly EventDraft[]>(
  name: Name,
  ...events: Events
): Outcome<Name, Events> {
  return { outcome: name, events };
}

/** A command that was carried out: what the client is told, and how it ended. */
export interface Accepted<Reply = unknown, Ended extends Outcome = Outcome> {
  readonly accepted: true;
  readonly reply: Reply;
  readonly ended: Ended;
}

/** A command that was not carried out: nothing is written. */
export interface Refused<Code extends string = string> {
  readonly accepted: false;
  /** Stable, for programs, and declared: `order_ended`. */
  readonly code: Code;
  /** For people. */
  readonly detail: string;
  readonly errors?: readonly FieldError[];
}

export function accepted<Reply, Ended extends Outcome>(reply: Reply, ended: Ended): Accepted<Reply, Ended> {
  return { accepted: true, reply, ended };
}

export function refused<const Code extends string>(code: Code, detail: string, errors?: readonly FieldError[]): Refused<Code> {
  return { accepted: false, code, detail, ...(errors === undefined ? {} : { errors }) };
}

export interface DecideContext<Answer = undefined> {
  readonly now: Date;
  /** What the step's effect answered. */
  readonly answer: Answer;
}

/** What a step of this declaration is called with. */
export type MessageOf<D> = D extends { readonly on: readonly (infer C)[] }
  ? EventOf<C>
  : D extends { readonly observes: readonly (infer C)[] }
    ? EventOf<C>
    : D extends { readonly command: infer C }
      ? CommandMessage<CommandData<C>>
      : TimerMessage;

type EmittedIn<O> = O extends readonly EventContract[]
  ? O
  : O extends { readonly emits: infer Emits extends readonly EventContract[] }
    ? Emits
    : readonly [];
type DraftsOf<Emits> = { [Position in keyof Emits]: DraftOf<Emits[Position]> } & readonly EventDraft[];

/** How a step of this declaration may end. */
export type OutcomeOf<D extends { readonly outcomes: Readonly<Record<string, OutcomeDeclaration>> }> = {
  [Name in keyof D['outcomes'] & string]: Outcome<Name, DraftsOf<EmittedIn<D['outcomes'][Name]>>>;
}[keyof D['outcomes'] & string];

type CodeOf<D> = D extends { readonly refusals: infer Refusals } ? keyof Refusals & string : never;

/** What a step of this declaration may decide: no other outcomes, events and refusals than those it declared. */
export type DecisionOf<D extends StepDeclaration, Reply> = D extends { readonly kind: 'command' }
  ? Accepted<Reply, OutcomeOf<D>> | Refused<CodeOf<D>>
  : OutcomeOf<D>;

/** A timer step watches rows: those whose `at` property is a moment that has passed. */
export interface Due {
  readonly table: Table;
  readonly at: string;
}

export interface DueOf<Watched extends object> extends Due {
  readonly table: TypedTable<Watched>;
  readonly at: keyof Watched & string;
}

type MomentsOf<R> = { [P in keyof R & string]: R[P] extends Date | null ? P : never }[keyof R & string];

/** Rows of a table by a moment written in one of their properties; null means never. */
export function due<Watched extends object>(table: TypedTable<Watched>, at: MomentsOf<Watched>): DueOf<Watched> {
  return { table, at };
}

/** A timer step was not asked to decide: its row has gone, or its moment is another since it was looked for. */
export interface NotDue {
  readonly notDue: true;
}

export const notDue: NotDue = { notDue: true };

/**
 * A step: names its rows, then decides over them.
 *
 * `decide` is synchronous and pure but for the rows that it was given, which it changes. A business refusal is an outcome (or, for a
 * command, `refused`). `throw` means "try again", `throw new Permanent` means "park it". It may be called again with the same message
 * (a batch is replayed after a conflict) and must be safe against duplicates and late events.
 */
export interface Step<D extends StepDeclaration, R extends Refs, Answer, Reply> {
  rows(message: MessageOf<D>): R;
  /** When the saga began, where the step ends sagas: how long they take is measured, of each outcome with the event of an ending. */
  began?(rows: LoadedRows<R>): Date | null | undefined;
  decide(message: MessageOf<D>, rows: LoadedRows<R>, context: DecideContext<Answer>): DecisionOf<D, Reply>;
}

/** A step that calls the outside world before it decides. */
export interface EffectStep<D extends StepDeclaration, R extends Refs, Answer, Answered = Answer>
  extends Step<D, R, Answered, undefined> {
  /**
   * The call. It runs before the message joins a batch, never while rows are locked, and, where it is needed, always: for a duplicate and
   * for a row that was closed meanwhile too, because an earlier attempt may have reached the other side.
   *
   * @param key of the business fact (step, event type and what it is about), so the same for the same fact under another event id. The
   * other side must do its work once for a key, and then answer as it did at first. An answer by which nothing was done, as there was
   * nothing to undo, must not be kept under the key: what is to be undone may still come, and is asked for with the same key
   * @param signal aborts when the call has taken too long and is given up: break it off then, so that no more calls than are allowed keep
   * their connections (`fetch` takes it as it is). Its work may be done all the same; it is made again with the same key
   */
  effect(message: MessageOf<D>, key: string, signal: AbortSignal): Promise<Answer>;
  /** What the effect is about, when that is not the subject of the message. */
  about?(message: MessageOf<D>): string;
}

/** An effect step for some of whose messages there is nothing to call for. Without a call there is no answer: `undefined`. */
export interface SometimesEffectStep<D extends StepDeclaration, R extends Refs, Answer>
  extends EffectStep<D, R, Answer, Answer | undefined> {
  /** Whether the call is to be made, told from the message alone. */
  isNeeded(message: MessageOf<D>): boolean;
}

/** A step that acts when the moment in a row has come. It decides over that row, `due`: locked, and due still. */
export interface TimerStep<D extends StepDeclaration, Watched extends object, R extends Refs> {
  readonly due: DueOf<Watched>;
  /** Further rows. */
  rows?(message: TimerMessage): R;
  decide(message: TimerMessage, rows: LoadedRows<R> & { readonly due: Watched }, context: DecideContext): OutcomeOf<D>;
}

/** A timer step as the pipeline runs it: that its row is due it finds out itself, under the row's lock. */
export interface CheckedTimerStep<D extends StepDeclaration, Watched extends object, R extends Refs> {
  readonly due: Due;
  rows(message: TimerMessage): Refs;
  decide(
    message: TimerMessage,
    rows: LoadedRows<R> & { readonly due: Watched | undefined },
    context: DecideContext,
  ): OutcomeOf<D> | NotDue;
}

/** A step as the pipeline runs it, its particular types forgotten. Methods, so that particular steps fit. */
export interface AnyStep {
  rows(message: AnyMessage): Refs;
  isNeeded?(message: AnyMessage): boolean;
  effect?(message: AnyMessage, key: string, signal: AbortSignal): Promise<unknown>;
  about?(message: AnyMessage): string;
  began?(rows: LoadedRows<Refs>): Date | null | undefined;
  decide(message: AnyMessage, rows: LoadedRows<Refs>, context: DecideContext<unknown>): AnyDecision;
  readonly due?: Due;
}

export interface AnyMessage {
  readonly id: string;
  readonly subject: string;
  readonly data: unknown;
}

/** Whether the step calls the outside world for the message. */
export function callsOutside({ effect, isNeeded }: AnyStep, message: AnyMessage): boolean {
  return effect !== undefined && isNeeded?.(message) !== false;
}

export type AnyDecision = Outcome | Accepted | Refused | NotDue;

/** The reply of a command step, from the step as written. */
export type ReplyOf<S> = S extends { decide(...args: never[]): infer Decision }
  ? Decision extends Accepted<infer Reply>
    ? Reply
    : never
  : never;
