import type { Refs } from '../rows/index.js';
import type { Choreography } from './choreography.js';
import {
  type AnyStep,
  type CheckedTimerStep,
  type EffectStep,
  notDue,
  type SometimesEffectStep,
  type Step,
  type TimerStep,
} from './step.js';

/** The names of a choreography's steps of some shape. */
type Names<C extends Choreography, Shape> = {
  [Name in keyof C['steps'] & string]: C['steps'][Name] extends Shape ? Name : never;
}[keyof C['steps'] & string];
type WithEffect = { readonly effect: string };
type WithTimer = { readonly kind: 'timer' };
type PlainNames<C extends Choreography> = Exclude<keyof C['steps'] & string, Names<C, WithEffect> | Names<C, WithTimer>>;

/** What a step was written for. */
export interface Named<C extends Choreography = Choreography, Name extends string = string> {
  readonly choreography: C;
  readonly name: Name;
}

/** Writes a step that has no effect and is no timer; its types come from the declaration of that name. */
export function step<C extends Choreography, const Name extends PlainNames<C>, R extends Refs, Reply = undefined>(
  choreography: C,
  name: Name,
  written: Step<C['steps'][Name], R, undefined, Reply>,
): Step<C['steps'][Name], R, undefined, Reply> & Named<C, Name> {
  return { ...written, choreography, name };
}

/** Writes a step that declares an effect. */
export function effectStep<C extends Choreography, const Name extends Names<C, WithEffect>, R extends Refs, Answer>(
  choreography: C,
  name: Name,
  written: SometimesEffectStep<C['steps'][Name], R, Answer>,
): SometimesEffectStep<C['steps'][Name], R, Answer> & Named<C, Name>;
export function effectStep<C extends Choreography, const Name extends Names<C, WithEffect>, R extends Refs, Answer>(
  choreography: C,
  name: Name,
  written: EffectStep<C['steps'][Name], R, Answer>,
): EffectStep<C['steps'][Name], R, Answer> & Named<C, Name>;
export function effectStep(choreography: Choreography, name: string, written: AnyStep): AnyStep & Named {
  return { ...written, choreography, name };
}

function isDue<Watched extends object>(row: Watched | undefined, at: keyof Watched, now: Date): row is Watched {
  const moment: unknown = row?.[at];
  return moment instanceof Date && moment <= now;
}

type NoRefs = Readonly<Record<never, never>>;

/** Writes a timer step. */
export function timerStep<
  C extends Choreography,
  const Name extends Names<C, WithTimer>,
  Watched extends object,
  R extends Refs = NoRefs,
>(
  choreography: C,
  name: Name,
  written: TimerStep<C['steps'][Name], Watched, R>,
): CheckedTimerStep<C['steps'][Name], Watched, R> & Named<C, Name> {
  const { table, at } = written.due;
  return {
    due: written.due,
    rows: (message) => ({ ...written.rows?.(message), due: table.existing(message.subject) }),
    decide: (message, rows, context) =>
      isDue(rows.due, at, context.now) ? written.decide(message, { ...rows, due: rows.due }, context) : notDue,
    choreography,
    name,
  };
}
