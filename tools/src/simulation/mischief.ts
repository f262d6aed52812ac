import type { Move, World } from './world.js';

/** How often each may be done to a small world, at any moment. */
export interface MischiefBudget {
  readonly crashes?: number;
  readonly duplicates?: number;
  readonly overtakes?: number;
  readonly deadlines?: number;
}

/** Past the deadline of a small world and the next look for it, and before the next sweep of an outbox. */
const PAST_THE_DEADLINE_MS = 2_500;

/** Faults as moves like any other, so that each is tried at every moment. */
export class Mischief {
  #crashes: number;
  #duplicates: number;
  #overtakes: number;
  #deadlines: number;

  constructor({ crashes = 0, duplicates = 0, overtakes = 0, deadlines = 0 }: MischiefBudget = {}) {
    this.#crashes = crashes;
    this.#duplicates = duplicates;
    this.#overtakes = overtakes;
    this.#deadlines = deadlines;
  }

  /** What is left: part of the world's state. */
  budget(): readonly number[] {
    return [this.#crashes, this.#duplicates, this.#overtakes, this.#deadlines];
  }

  moves(world: World): Move[] {
    return [...this.#crash(world), ...this.#duplicate(world), ...this.#overtake(world), ...this.#pass(world)];
  }

  #crash({ fleet }: World): Move[] {
    if (this.#crashes === 0) return [];
    return fleet.all.map((process) => () => {
      this.#crashes--;
      fleet.crash(process);
    });
  }

  #duplicate({ broker }: World): Move[] {
    if (this.#duplicates === 0) return [];
    return [...broker.queues.values()].flatMap(({ ready }) =>
      ready.map((message) => () => {
        this.#duplicates--;
        ready.push({ ...message });
      }),
    );
  }

  #overtake({ broker }: World): Move[] {
    if (this.#overtakes === 0) return [];
    return [...broker.queues.values()].flatMap(({ ready }) =>
      ready.slice(1).map((message) => () => {
        this.#overtakes--;
        ready.unshift(...ready.splice(ready.indexOf(message), 1));
      }),
    );
  }

  #pass({ environment }: World): Move[] {
    if (this.#deadlines === 0) return [];
    const pass = () => {
      this.#deadlines--;
      environment.time.pass(PAST_THE_DEADLINE_MS);
      while (environment.time.overdue) environment.time.leap();
    };
    return [pass];
  }
}
