import { type Delivery, type Machine, possibleNow } from './machine.js';
import { at, isUndoing, type ProofOutcome, type ProofStep } from './model.js';
import type { Problem } from './problem.js';
import { ended, outcomesNow, type State, taken } from './state.js';

/** How events travel: each once, or at least once: in copies without limit, and again after every crash. */
export type Channel = 'once' | 'at least once';

export interface Transition {
  label(): string;
  readonly outcome: ProofOutcome | undefined;
  readonly next: State;
  /** It used up an event, a command or a deadline; a copy of an event does not. */
  readonly progress: boolean;
  readonly by: 'event' | 'command' | 'timer';
}

export interface Moves {
  readonly transitions: readonly Transition[];
  readonly problem?: Omit<Problem, 'path'>;
}

/** More of one event than this on their way to one step: the number grows without a bound. */
export const MOST_IN_FLIGHT = 8;

function label(outcome: ProofOutcome, cause: string): string {
  const emits = outcome.emits.map(({ type }) => type).join(', ');
  return `${cause} -> ${outcome.id}${emits === '' ? '' : ` emits ${emits}`}`;
}

function hole(step: ProofStep, event: string): Moves {
  const what = `${step.name} has no outcome for ${event} here`;
  return { transitions: [], problem: { what, where: at(step), help: 'declare how it ends then, with `after`' } };
}

function deliver(machine: Machine, state: State, index: number, delivery: Delivery, channel: Channel): Moves {
  const { step, event } = delivery;
  const possible = outcomesNow(state, delivery);
  if (possible.length === 0) return hole(step, event.type);
  const most = channel === 'once' ? MOST_IN_FLIGHT + 1 : 1;
  const transitions: Transition[] = [];
  for (const outcome of possible) {
    const add = (from: State, cause: string, progress: boolean) => {
      const next = ended(machine, from, outcome, event.type, most);
      transitions.push({ label: () => label(outcome, cause), outcome, next, progress, by: 'event' });
    };
    add(taken(state, index), event.type, true);
    if (channel === 'at least once') add(state, `${event.type} (which comes again)`, false);
  }
  if (step.declared.effect !== undefined && !isUndoing(step)) {
    const next = { ...taken(state, index), gaveUp: true };
    const text = () => `${event.type} -> ${step.name} gives up: the ${step.declared.effect} cannot be reached`;
    transitions.push({ label: text, outcome: undefined, next, progress: true, by: 'event' });
  }
  return { transitions };
}

/** The outcomes of a command or a timer that change something: every other leaves the state as it is. */
function unasked(machine: Machine, state: State, step: ProofStep, by: 'command' | 'timer'): Moves {
  const possible = possibleNow(step.outcomes, '', state.history.get(step.service) ?? []);
  if (possible.length === 0 && by === 'timer') return hole(step, 'its deadline');
  const changing = possible.filter(({ changes }) => changes);
  const transitions = changing.map((outcome) => ({
    label: () => label(outcome, by === 'timer' ? 'the deadline has passed' : 'a client asks'),
    outcome,
    next: ended(machine, state, outcome, '', MOST_IN_FLIGHT),
    progress: true,
    by,
  }));
  return { transitions };
}

/** Whether the deadline of a timer step runs. */
export function isArmed(state: State, step: ProofStep): boolean {
  if (step.declared.kind !== 'timer' || step.declared.deadline === undefined) return false;
  const { from, until } = step.declared.deadline;
  const begun = (state.history.get(step.service) ?? []).some(({ outcome }) => outcome.step.name === from);
  return begun && !until.some(({ ending }) => ending !== undefined && state.endings.includes(ending));
}

/** All that can happen next. */
export function movesFrom(machine: Machine, state: State, channel: Channel): Moves {
  const moves: Moves[] = [];
  for (const [index, delivery] of machine.deliveries.entries())
    if ((state.flight[index] ?? 0) > 0) moves.push(deliver(machine, state, index, delivery, channel));
  for (const step of machine.commands) moves.push(unasked(machine, state, step, 'command'));
  for (const step of machine.timers) if (isArmed(state, step)) moves.push(unasked(machine, state, step, 'timer'));
  const problem = moves.find((each) => each.problem !== undefined)?.problem;
  const transitions = moves.flatMap((each) => each.transitions);
  return problem === undefined ? { transitions } : { transitions, problem };
}
