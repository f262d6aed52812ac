import { type Delivery, type Happening, type Machine, possibleNow } from './machine.js';
import type { ProofOutcome, ProofStep } from './model.js';

/** How far one saga is. Never changed in place. */
export interface State {
  /** How many of each delivery are on their way. */
  readonly flight: readonly number[];
  readonly history: History;
  /** Work that was done and is not undone. */
  readonly owed: readonly ProofOutcome[];
  /** Work that was undone, but for what was given back because it came too late or twice. */
  readonly undone: readonly ProofOutcome[];
  readonly endings: readonly string[];
  readonly noReturn: boolean;
  /** A forward step gave up on an event: it waits for an operator. */
  readonly gaveUp: boolean;
}

export function startOf({ deliveries }: Machine): State {
  const flight = deliveries.map(() => 0);
  return { flight, history: new Map(), owed: [], undone: [], endings: [], noReturn: false, gaveUp: false };
}

/** The same text for the same state. */
export function keyOf({ flight, history, owed, undone, endings, noReturn, gaveUp }: State): string {
  const happened = [...history].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, all]) => all.map(({ sight }) => sight).join('/'));
  const works = [owed, undone].map((all) => all.map(({ id }) => id).sort());
  return [flight, ...happened, '', ...works, endings, +noReturn, +gaveUp].join(';');
}

/** Work that asks for its own undoing: it came too late, or twice. */
function goesBack(work: ProofOutcome, undo: ProofStep): boolean {
  return work.emits.some((event) => undo.on.includes(event));
}

/** What happened in each service, as far as a step looks for it; the latest last. */
export type History = ReadonlyMap<string, readonly Happening[]>;

/** What happened, without what nobody can see any more: whoever looks for it finds the latest first. */
export function remembered(machine: Machine, history: History, outcome: ProofOutcome, event: string): History {
  const happening = outcome.changes ? machine.happening(outcome, event) : undefined;
  if (happening === undefined) return history;
  const { service } = outcome.step;
  const before = (history.get(service) ?? []).filter(({ seenBy }) => ![...seenBy].every((each) => happening.seenBy.has(each)));
  return new Map(history).set(service, [...before, happening]);
}

/** The work that is owed and undone after an outcome. */
function accounts(machine: Machine, state: State, outcome: ProofOutcome): Pick<State, 'owed' | 'undone'> {
  const undo = outcome.step;
  const settled = outcome.changes ? state.owed.filter((work) => machine.compensators(work).includes(undo)) : [];
  const undone = new Set([...state.undone, ...settled.filter((work) => !goesBack(work, undo))]);
  const owed = new Set(state.owed.filter((work) => !settled.includes(work)));
  if (outcome.works && outcome.details.pointOfNoReturn === undefined && machine.compensators(outcome).length > 0)
    owed.add(outcome);
  return { owed: [...owed], undone: [...undone] };
}

/** Takes one delivery off its way. */
export function taken(state: State, index: number): State {
  return { ...state, flight: state.flight.map((count, each) => (each === index ? count - 1 : count)) };
}

/** What is possible after a delivery in this state. */
export function outcomesNow(state: State, { step, event, outcomes }: Delivery): readonly ProofOutcome[] {
  return possibleNow(outcomes, event.type, state.history.get(step.service) ?? []);
}

/**
 * The state after a step has ended in an outcome, with its events on their way.
 *
 * @param most how many of one delivery are told apart
 */
export function ended(machine: Machine, state: State, outcome: ProofOutcome, event: string, most: number): State {
  const flight = [...state.flight];
  let next: State = {
    ...state,
    flight,
    history: remembered(machine, state.history, outcome, event),
    ...accounts(machine, state, outcome),
    endings: [...state.endings, ...outcome.emits.flatMap(({ ending }) => (ending === undefined ? [] : [ending]))],
    noReturn: state.noReturn || outcome.details.pointOfNoReturn === true,
  };
  for (const index of outcome.emits.flatMap(({ type }) => machine.deliveriesOf(type))) {
    const delivery = machine.deliveries[index];
    if (delivery?.inert) {
      const [only] = outcomesNow(next, delivery);
      next = only === undefined ? next : { ...next, ...accounts(machine, next, only) };
    } else flight[index] = Math.min(most, (flight[index] ?? 0) + 1);
  }
  return next;
}
