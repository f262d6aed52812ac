import type { Environment } from './environment.js';
import type { Fleet } from './fleet.js';
import type { SimulatedBroker } from './simulated-broker.js';

/** One thing that could happen next. */
export type Move = () => void;

/** What faults are injected into. */
export interface FaultTarget {
  readonly fleet: Fleet;
  readonly broker: SimulatedBroker;
  readonly environment: Environment;
}

/** How often each may be done to a small world, at any moment. */
export interface FaultBudget {
  readonly crashes?: number;
  readonly duplicates?: number;
  readonly overtakes?: number;
  readonly deadlines?: number;
}

/** Past the deadline of a small world and the next look for it, and before the next sweep of an outbox. */
const PAST_THE_DEADLINE_MS = 2_500;

/** Faults as moves like any other, so that each is tried at every moment. */
export class InjectedFaults {
  #crashes: number;
  #duplicates: number;
  #overtakes: number;
  #deadlines: number;

  constructor({ crashes = 0, duplicates = 0, overtakes = 0, deadlines = 0 }: FaultBudget = {}) {
    this.#crashes = crashes;
    this.#duplicates = duplicates;
    this.#overtakes = overtakes;
    this.#deadlines = deadlines;
  }

  /** What is left: part of the world's state. */
  budget(): readonly number[] {
    return [this.#crashes, this.#duplicates, this.#overtakes, this.#deadlines];
  }

  moves(target: FaultTarget): Move[] {
    return [...this.#crash(target), ...this.#duplicate(target), ...this.#overtake(target), ...this.#pass(target)];
  }

  #crash({ fleet }: FaultTarget): Move[] {
    if (this.#crashes === 0) return [];
    return fleet.all.map((process) => () => {
      this.#crashes--;
      fleet.crash(process);
    });
  }

  #duplicate({ broker }: FaultTarget): Move[] {
    if (this.#duplicates === 0) return [];
    return [...broker.queues.values()].flatMap(({ ready }) =>
      ready.map((message) => () => {
        this.#duplicates--;
        ready.push({ ...message });
      }),
    );
  }

  #overtake({ broker }: FaultTarget): Move[] {
    if (this.#overtakes === 0) return [];
    return [...broker.queues.values()].flatMap(({ ready }) =>
      ready.slice(1).map((message) => () => {
        this.#overtakes--;
        ready.unshift(...ready.splice(ready.indexOf(message), 1));
      }),
    );
  }

  #pass({ environment }: FaultTarget): Move[] {
    if (this.#deadlines === 0) return [];
    const pass = () => {
      this.#deadlines--;
      environment.time.pass(PAST_THE_DEADLINE_MS);
      while (environment.time.overdue) environment.time.leap();
    };
    return [pass];
  }
}
