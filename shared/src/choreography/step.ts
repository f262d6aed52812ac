import type { CommandData, DraftOf, EventDraft, EventOf, FieldError } from '../events/index.js';
import type { LoadedRows, Refs, Table, TypedTable } from '../rows/index.js';
import type {
  Choreography,
  CommandStepDeclaration,
  EventStepDeclaration,
  StepDeclaration,
  StepDeclarations,
  TimerStepDeclaration,
} from './choreography.js';

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
}

/** What a timer step decides over: the row whose moment has come. */
export interface TimerMessage {
  readonly id: string;
  /** The key of the row. */
  readonly subject: string;
  readonly data: undefined;
}

/** A command that was carried out: what the client is told, and the events that follow from it. */
export interface Accepted<Reply, Draft> {
  readonly accepted: true;
  readonly reply: Reply;
  readonly events: readonly Draft[];
}

/** A command that was not carried out: nothing is written. */
export interface Refused {
  readonly accepted: false;
  readonly kind: 'invalid' | 'not-found' | 'conflict';
  /** Stable, for programs: `order_ended`. */
  readonly code: string;
  /** For people. */
  readonly detail: string;
  readonly errors?: readonly FieldError[];
}

export function accepted<Reply, Draft = never>(reply: Reply, events: readonly Draft[] = []): Accepted<Reply, Draft> {
  return { accepted: true, reply, events };
}

export function refused(kind: Refused['kind'], code: string, detail: string, errors?: readonly FieldError[]): Refused {
  return { accepted: false, kind, code, detail, ...(errors === undefined ? {} : { errors }) };
}

export interface DecideContext<Outcome = undefined> {
  readonly now: Date;
  /** What the step's effect answered. */
  readonly outcome: Outcome;
}

/** What a step of this declaration is called with. */
export type MessageOf<D extends StepDeclaration> = D extends EventStepDeclaration
  ? EventOf<D['on'][number]>
  : D extends CommandStepDeclaration
    ? CommandMessage<CommandData<D['command']>>
    : TimerMessage;

type Drafts<D extends StepDeclaration> = DraftOf<D['emits'][number]>;

/** What a step of this declaration may decide: no other events than those it declared. */
export type DecisionOf<D extends StepDeclaration, Reply> = D extends CommandStepDeclaration
  ? Accepted<Reply, Drafts<D>> | Refused
  : readonly Drafts<D>[];

/**
 * A step: names its rows, then decides over them.
 *
 * `decide` is synchronous and pure but for the rows that it was given, which it changes. A business refusal is a returned event
 * (or, for a command, `refused`). `throw` means "try again", `throw new Permanent` means "park it". It may be called again with
 * the same message (a batch is replayed after a conflict) and must be safe against duplicates and late events.
 */
export interface Step<D extends StepDeclaration, R extends Refs, Outcome, Reply> {
  rows(message: MessageOf<D>): R;
  /**
   * The call to the outside world. It runs before the event joins a batch, never while rows are locked, and it always runs: for a
   * duplicate and for a row that was closed meanwhile too, because an earlier attempt may have reached the other side.
   *
   * @param idempotencyKey the same for every delivery of the message; the other side must answer a repeated key as it did at first
   */
  effect?(message: MessageOf<D>, idempotencyKey: string): Promise<Outcome>;
  decide(message: MessageOf<D>, rows: LoadedRows<R>, context: DecideContext<Outcome>): DecisionOf<D, Reply>;
}

/** A timer step also says which rows it watches: those whose `at` property is a moment that has passed. */
export interface Due {
  readonly table: Table;
  readonly at: string;
}

/** Rows of a table by a moment written in one of their properties; null means never. */
export function due<R extends object>(table: TypedTable<R>, at: keyof R & string): Due {
  return { table, at };
}

/** A step as the pipeline runs it, its particular types forgotten. Methods, so that particular steps fit. */
export interface AnyStep {
  rows(message: AnyMessage): Refs;
  effect?(message: AnyMessage, idempotencyKey: string): Promise<unknown>;
  decide(message: AnyMessage, rows: LoadedRows<Refs>, context: DecideContext<unknown>): AnyDecision;
  readonly due?: Due;
}

export interface AnyMessage {
  readonly id: string;
  readonly subject: string;
  readonly data: unknown;
}

export type AnyDecision = Accepted<unknown, EventDraft> | Refused | readonly EventDraft[];

type Declared<C extends Choreography, Name extends keyof C['steps']> = C['steps'][Name];

/** Writes one step of a service; its types come from the declaration of that name. */
export function step<
  C extends Choreography,
  Name extends keyof C['steps'] & string,
  R extends Refs,
  Outcome = undefined,
  Reply = undefined,
>(
  _choreography: C,
  _name: Name,
  written: Step<Declared<C, Name>, R, Outcome, Reply>,
): Step<Declared<C, Name>, R, Outcome, Reply> {
  return written;
}

type TimersOf<C extends Choreography> = {
  [Name in keyof C['steps']]: C['steps'][Name] extends TimerStepDeclaration ? Name : never;
}[keyof C['steps']];

/** Writes one timer step of a service. */
export function timerStep<C extends Choreography, Name extends TimersOf<C> & string, R extends Refs>(
  _choreography: C,
  _name: Name,
  written: Step<Declared<C, Name>, R, undefined, undefined> & { readonly due: Due },
): Step<Declared<C, Name>, R, undefined, undefined> & { readonly due: Due } {
  return written;
}

/** A declaration with a step for each of its names. */
export interface Implementation<Steps extends StepDeclarations = StepDeclarations> {
  readonly choreography: Choreography<Steps>;
  readonly steps: { readonly [Name in keyof Steps]: AnyStep };
}

/** Joins a declaration and its steps; a missing or misnamed one does not compile. */
export function implement<Steps extends StepDeclarations, Written extends { readonly [Name in keyof Steps]: AnyStep }>(
  declared: Choreography<Steps>,
  steps: Written,
): { readonly choreography: Choreography<Steps>; readonly steps: Written } {
  return { choreography: declared, steps };
}

/** The reply of a command step, from the step as written. */
export type ReplyOf<S> = S extends { decide(...args: never[]): infer Decision }
  ? Decision extends Accepted<infer Reply, unknown>
    ? Reply
    : never
  : never;
