import { type AnyStep, type Implementation, outcome } from '@quickstep/shared/choreography';
import type { Changes, OutgoingEvent, Store } from '@quickstep/shared/pipeline';
import type { LoadedRows, Refs, Row } from '@quickstep/shared/rows';
import type { Rule } from '../../../tools/src/simulation/rules.js';
import { type Tampering, untouched } from '../../../tools/src/simulation/tampering.js';

/** A bug that is planted into the running system. */
export interface Mutation {
  readonly name: string;
  /** The rules that it breaks, each in some world. */
  readonly trips: readonly Rule[];
  readonly tampering: Tampering;
  /** In one world at most. Few where nothing comes to an end, which in a large world is seen only after minutes. */
  readonly orders?: number;
}

type Decide = AnyStep['decide'];
type Rows = LoadedRows<Refs>;
type Event = OutgoingEvent['event'];

export function mutation(name: string, trips: readonly Rule[], changes: Partial<Tampering>): Mutation {
  return { name, trips, tampering: { ...untouched, ...changes } };
}

/** Replaces what one step decides. */
export function deciding(name: string, trips: readonly Rule[], step: string, mutated: (real: Decide) => Decide): Mutation {
  const steps = (implementation: Implementation): Implementation => {
    const real = implementation.steps[step];
    if (real === undefined) return implementation;
    const decide = mutated(real.decide.bind(real));
    return { ...implementation, steps: { ...implementation.steps, [step]: { ...real, decide } } };
  };
  return mutation(name, trips, { steps });
}

/** Replaces what a batch commits. */
export function committing(name: string, trips: readonly Rule[], mutated: (changes: Changes) => Changes): Mutation {
  const store = (real: Store): Store => ({
    ...real,
    begin: async (claims, loads) => {
      const open = await real.begin(claims, loads);
      return { ...open, commit: (changes) => open.commit(mutated(changes)) };
    },
  });
  return mutation(name, trips, { store });
}

/** Replaces what a batch promises to publish. */
export function emitting(name: string, trips: readonly Rule[], mutated: (event: Event) => readonly Event[]): Mutation {
  const changed = (outgoing: OutgoingEvent) =>
    mutated(outgoing.event).map((event) =>
      event === outgoing.event ? outgoing : { ...outgoing, event, body: JSON.stringify(event) },
    );
  return committing(name, trips, ({ outbox, ...changes }) => ({
    ...changes,
    outbox: outbox === undefined ? undefined : { ...outbox, events: outbox.events.flatMap(changed) },
  }));
}

/** A row of the step, to be changed. */
export function rowOf(rows: Rows, name: string): Record<string, unknown> {
  const row = rows[name];
  if (typeof row !== 'object' || row === null) throw new TypeError(`The step has no row "${name}"`);
  return Object.assign(row);
}

export const rowsOf = (rows: Rows, name: string): Record<string, unknown>[] => {
  const list = rows[name];
  return Array.isArray(list) ? list : [];
};

/** What the step would decide if a row were as it is not. */
export const pretending =
  (name: string, property: string, value: unknown) =>
  (real: Decide): Decide =>
  (message, rows, context) => {
    if (rows[name] !== undefined) rowOf(rows, name)[property] = value;
    return real(message, rows, context);
  };

/** What the step leaves in a row is changed afterwards. */
export const leaving =
  (name: string, change: (row: Record<string, unknown>) => void) =>
  (real: Decide): Decide =>
  (message, rows, context) => {
    const decision = real(message, rows, context);
    change(rowOf(rows, name));
    return decision;
  };

/** The step does nothing when a row was closed before. */
export const ignoringClosed =
  (name: string) =>
  (real: Decide): Decide =>
  (message, rows, context) =>
    rowOf(rows, name).closed === true ? outcome('overtaken') : real(message, rows, context);

export const unchanged = (row: Record<string, unknown>, before: Row) => void Object.assign(row, before);
