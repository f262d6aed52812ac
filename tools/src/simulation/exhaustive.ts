import type { Choices } from './choices.js';
import type { Violation } from './rules.js';
import type { SmallWorld } from './small-worlds.js';
import type { TraceEntry } from './trace.js';
import { World } from './world.js';
import { fingerprint } from './world-state.js';

interface Branch {
  readonly options: number;
  /** The state in which it was met; undefined for a decision within a move. */
  readonly state: string | undefined;
  picked: number;
}

/** Follows a path of decisions and, beyond its end, takes the first option each time and notes that there are others. */
class PathChoices implements Choices {
  readonly path: Branch[];
  /** From here on the first option is taken and no other considered. */
  calm = false;
  /** The state in which the next decision is met. */
  state: string | undefined;
  #position = 0;

  constructor(path: Branch[]) {
    this.path = path;
  }

  /** The decision that is next on the path; undefined at its end. */
  get next(): Branch | undefined {
    return this.path[this.#position];
  }

  pick(options: number): number {
    if (options <= 1 || this.calm) return 0;
    const branch = this.path[this.#position++];
    if (branch !== undefined) {
      this.state = undefined;
      return branch.picked;
    }
    this.path.push({ options, picked: 0, state: this.state });
    this.state = undefined;
    return 0;
  }

  chance(odds: number): boolean {
    return odds >= 1;
  }
}

export interface Explored {
  readonly world: string;
  /** Distinct states in which more than one thing could happen. */
  readonly states: number;
  /** Runs from the beginning, each with decisions of its own. */
  readonly runs: number;
  readonly ended: number;
  readonly violation: Violation | undefined;
  readonly trace: readonly TraceEntry[];
}

export interface ExploreOptions {
  /** Gives up after so many runs. */
  readonly limit?: number;
  readonly tampering?: SmallWorld['tampering'];
}

/**
 * Visits every schedule of a small world, depth first. Each run begins anew and follows its decisions; it stops where it comes to a
 * state that has been seen, because everything that can follow has been or will be visited from there.
 *
 * @throws RangeError when the world is larger than the limit
 */
export async function explore(small: SmallWorld, { limit = 1_000_000, tampering }: ExploreOptions = {}): Promise<Explored> {
  const seen = new Set<string>();
  let path: Branch[] = [];
  let ended = 0;
  for (let runs = 1; runs <= limit; runs++) {
    const { violation, trace, pruned } = await visit(small, path, seen, tampering, false);
    if (!pruned) ended++;
    const result = { world: small.name, states: seen.size, runs, ended, violation, trace };
    if (violation !== undefined) return { ...result, trace: (await visit(small, path, new Set(), tampering, true)).trace };
    path = nextPath(path);
    if (path.length === 0) return result;
  }
  throw new RangeError(`"${small.name}" has more than ${limit} schedules: make it smaller or raise the limit`);
}

/** Goes back to the last decision that has another option left. */
function nextPath(path: Branch[]): Branch[] {
  for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
    if (++last.picked < last.options) return path;
    path.pop();
  }
  return path;
}

async function visit(
  small: SmallWorld,
  path: Branch[],
  seen: Set<string>,
  tampering: SmallWorld['tampering'],
  traced: boolean,
): Promise<{ violation: Violation | undefined; trace: readonly TraceEntry[]; pruned: boolean }> {
  const choices = new PathChoices(path);
  const injected = small.injected();
  const mine = new Set<string>();
  let pruned = false;
  const world = new World(small.scenario, choices, {
    traced,
    ...(tampering === undefined ? {} : { tampering }),
    quiet: small.quiet,
    injected,
    /** Whether to go on from here. */
    onward: () => {
      if (choices.calm) return true;
      const known = choices.next?.state;
      const state = known ?? fingerprint(world, injected.budget());
      if (mine.has(state))
        choices.calm = true; // A circle: see where it leads when nothing more is done to it.
      else if (known === undefined) pruned = seen.has(state);
      mine.add(state);
      seen.add(state);
      choices.state = state;
      return !pruned;
    },
  });
  const { violation, trace } = await world.run();
  return { violation, trace, pruned };
}
