import type { Machine } from './machine.js';
import { at, atOutcome, type ProofOutcome } from './model.js';
import type { Problem } from './problem.js';
import type { State } from './state.js';
import { isArmed, MOST_IN_FLIGHT, type Moves } from './transitions.js';

type Verdict = Omit<Problem, 'path'>;

const ids = (outcomes: readonly ProofOutcome[]) => outcomes.map(({ id }) => id).join(', ');

/** What must be true of a saga in which nothing more is on its way, and that has ended. */
function atTheEnd(machine: Machine, { endings, owed, undone, noReturn }: State): Verdict | undefined {
  const [ending] = endings;
  const [done] = undone;
  if (noReturn && done !== undefined) {
    const what = `the saga ends ${ending} past the point of no return, although ${ids(undone)} was undone`;
    return { what, where: atOutcome(done), help: 'prevent the point of no return before the first compensation' };
  }
  const back = owed.filter(({ emits, after }) => after.length > 0 && emits.some(({ kind }) => kind === 'compensation'));
  const [left] = noReturn ? back : owed;
  if (left === undefined) return undefined;
  const undoing = machine.compensators(left).map(({ name }) => name);
  const help = `let the outcomes on this path lead to ${undoing.join(' or ')}, in an outcome that changes something`;
  return { what: `the saga ends ${ending}, but ${left.id} is never undone`, where: atOutcome(left), help };
}

function stopped(state: State, { transitions }: Moves): Verdict | undefined {
  const where = [...state.history.values()].map((all) => all.at(-1)?.outcome).filter((each) => each !== undefined);
  const place = where.map(atOutcome).join('; ');
  const waits = transitions.some(({ by }) => by === 'timer');
  if (!state.gaveUp) {
    const what = waits ? 'the saga stops, and only its deadline goes on' : 'the saga never ends: nothing is on its way any more';
    return { what, where: place, help: 'let an outcome on this path emit the event that leads on to an ending' };
  }
  if (waits) return undefined;
  return {
    what: 'the saga never ends after a step gave up: its deadline does not lead to an ending',
    where: place,
    help: 'let the deadline ask for a cancellation, and every outcome of the answer lead to an ending',
  };
}

/** What is wrong with a state that can be reached. */
export function verdictOn(machine: Machine, state: State, moves: Moves): Verdict | undefined {
  if (moves.problem !== undefined) return moves.problem;
  const many = machine.deliveries.find((_, index) => (state.flight[index] ?? 0) > MOST_IN_FLIGHT);
  if (many !== undefined) {
    const what = `more and more ${many.event.type} are on their way to ${many.step.name}: the chain has no bound`;
    return { what, where: at(many.step), help: 'let the step emit nothing when the same comes again' };
  }
  if (state.endings.length > 1) {
    const what = `the saga ends twice: ${state.endings.join(', then ')}`;
    const where = [...state.history.values()].flat().filter(({ outcome }) => outcome.emits.some(({ ending }) => ending));
    const help = 'let the step that announces the ending have an outcome `after` the first one that emits nothing';
    return { what, where: where.map(({ outcome }) => atOutcome(outcome)).join('; ') || 'endings', help };
  }
  const begun = state.history.size > 0;
  if (begun && state.endings.length === 0 && !machine.timers.some((step) => isArmed(state, step))) {
    const what = 'a state that is no ending has no deadline';
    return { what, where: machine.timers.map(at).join('; '), help: 'let `deadline.from` name the step that begins the saga' };
  }
  if (!begun || state.flight.some((count) => count > 0)) return undefined;
  return state.endings.length === 0 ? stopped(state, moves) : atTheEnd(machine, state);
}
