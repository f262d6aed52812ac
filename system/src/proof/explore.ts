import { findCycle } from './cycle.js';
import type { Machine } from './machine.js';
import type { Problem } from './problem.js';
import { keyOf, type State, startOf } from './state.js';
import { type Channel, movesFrom, type Transition } from './transitions.js';
import { verdictOn } from './verdict.js';

export interface Exploration {
  readonly channel: Channel;
  readonly states: number;
  readonly transitions: number;
  /** In how many of the states in which all is done the saga has ended so. */
  readonly endings: ReadonlyMap<string, number>;
  /** The outcomes that were reached, as `step.outcome`. */
  readonly reached: ReadonlySet<string>;
  readonly problem?: Problem;
}

interface Visited {
  readonly state: State;
  readonly parent: number;
  label(): string;
  /** Where progress leads. */
  readonly next: { readonly to: number; label(): string }[];
}

/** The labels from the start to a state. */
function pathTo(visited: readonly Visited[], index: number): string[] {
  const path: string[] = [];
  for (let each = visited[index]; each !== undefined && each.parent >= 0; each = visited[each.parent]) path.push(each.label());
  return path.reverse();
}

function isDone({ flight, endings }: State): boolean {
  return endings.length > 0 && flight.every((count) => count === 0);
}

/** Visits every state that can be reached, nearest first, so that the path of a problem is a shortest one; stops at the first problem. */
export function explore(machine: Machine, channel: Channel): Exploration {
  const visited: Visited[] = [{ state: startOf(machine), parent: -1, label: () => '', next: [] }];
  const known = new Map([[keyOf(startOf(machine)), 0]]);
  const endings = new Map<string, number>();
  const reached = new Set<string>();
  let transitions = 0;

  const visit = ({ next: state, label }: Transition, parent: number) => {
    const key = keyOf(state);
    const found = known.get(key);
    if (found !== undefined) return found;
    known.set(key, visited.length);
    return visited.push({ state, parent, label, next: [] }) - 1;
  };
  const result = (problem?: Problem): Exploration => {
    const found = { channel, states: visited.length, transitions, endings, reached };
    return problem === undefined ? found : { ...found, problem };
  };

  for (let index = 0; index < visited.length; index += 1) {
    const each = visited[index];
    if (each === undefined) break;
    const moves = movesFrom(machine, each.state, channel);
    const wrong = verdictOn(machine, each.state, moves);
    if (wrong !== undefined) return result({ ...wrong, path: pathTo(visited, index) });
    const [ending] = each.state.endings;
    if (ending !== undefined && isDone(each.state)) endings.set(ending, (endings.get(ending) ?? 0) + 1);
    for (const move of moves.transitions) {
      transitions += 1;
      if (move.outcome !== undefined) reached.add(move.outcome.id);
      const to = visit(move, index);
      if (move.progress) each.next.push({ to, label: move.label });
    }
  }
  const cycle = findCycle(visited.map(({ next }) => next));
  if (cycle === undefined) return result();
  const first = cycle.nodes[0] ?? 0;
  return result({
    what: 'a chain of events goes round in a circle, without a bound',
    where: [...new Set(cycle.labels)].join('; '),
    path: [...pathTo(visited, first), ...cycle.labels.map((label) => `again and again: ${label}`)],
    help: 'let one step of the circle emit nothing when the same event comes again',
  });
}
