import type { Choreography, StepDeclarations } from './choreography.js';
import type { AnyStep } from './step.js';
import type { Named } from './write-step.js';

/** A declaration with a step for each of its names. */
export interface Implementation<Steps extends StepDeclarations = StepDeclarations> {
  readonly choreography: Choreography<Steps>;
  readonly steps: { readonly [Name in keyof Steps]: AnyStep };
}

type Written = readonly (AnyStep & Named)[];

/** The names in the list that were written for another declaration. */
type Foreign<C extends Choreography, S extends Named> = S extends Named<C> ? never : S['name'];

/** The names that stand in the list more than once. */
type Doubled<W, Before = never> = W extends readonly [infer First extends Named, ...infer Rest]
  ? Extract<First['name'], Before> | Doubled<Rest, Before | First['name']>
  : never;

type Missing<C extends Choreography, W extends Written> = Exclude<keyof C['steps'], W[number]['name']>;

/** What the compiler says of a list with steps of another declaration. */
export interface NotDeclaredHere<Name> {
  readonly notDeclaredHere: Name;
}

/** What the compiler says of a list in which steps stand twice. */
export interface WrittenTwice<Name> {
  readonly writtenTwice: Name;
}

/** What the compiler says of a list in which steps do not stand. */
export interface NotWritten<Name> {
  readonly notWritten: Name;
}

type Wrong<Name, Complaint> = [Name] extends [never] ? unknown : Complaint;
type Complete<C extends Choreography, W extends Written> = Wrong<Foreign<C, W[number]>, NotDeclaredHere<Foreign<C, W[number]>>> &
  Wrong<Doubled<W>, WrittenTwice<Doubled<W>>> &
  Wrong<Missing<C, W>, NotWritten<Missing<C, W>>>;

type ByName<W extends Written> = { readonly [S in W[number] as S['name']]: S };

/**
 * Joins a declaration and its steps. A missing step, a doubled one and one of another declaration do not compile.
 *
 * @throws TypeError where the compiler could not see it
 */
export function implement<C extends Choreography, const W extends Written>(
  declared: C,
  steps: W & Complete<C, W>,
): { readonly choreography: C; readonly steps: ByName<W> };
export function implement(declared: Choreography, written: Written): { choreography: Choreography; steps: object } {
  const steps = new Map<string, AnyStep>();
  const wrong = (name: string, what: string) => new TypeError(`${declared.service}: step "${name}" ${what}`);
  for (const each of written) {
    if (each.choreography !== declared)
      throw wrong(each.name, `is written for another declaration, of ${each.choreography.service}`);
    if (steps.has(each.name)) throw wrong(each.name, 'is written twice');
    steps.set(each.name, each);
  }
  for (const name of Object.keys(declared.steps)) if (!steps.has(name)) throw wrong(name, 'is declared but not written');
  return { choreography: declared, steps: Object.fromEntries(steps) };
}
