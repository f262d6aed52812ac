import { type Choreography, isPossible } from '@quickstep/shared/choreography';
import { Machine, possibleNow } from './machine.js';
import { type Model, modelOf } from './model.js';
import { sagaSteps } from './saga.js';
import { type History, remembered } from './state.js';

/** Where a step may end, as far as the saga is. */
export interface Allowed {
  /** The outcomes that the declarations allow. */
  readonly outcomes: readonly string[];
  /** Whether the outcome is one of them, or changes as little as one of them does: which no-op it is makes no difference to the saga. */
  has(outcome: string): boolean;
}

/** Follows sagas one by one, and says what the declarations allow next: for comparing them with what steps do. */
export class DeclaredRun {
  readonly #model: Model;
  readonly #machine: Machine;
  #history: History = new Map();

  constructor(declared: readonly Choreography[]) {
    this.#model = modelOf(declared);
    this.#machine = new Machine(this.#model, sagaSteps(this.#model));
  }

  /** Another saga. */
  begin(): void {
    this.#history = new Map();
  }

  /** @param type of the event; '' for a command or a timer */
  allowed(service: string, name: string, type: string): Allowed {
    const step = this.#model.stepOf(service, name);
    const event = step?.on.find((each) => each.type === type);
    const all = step?.outcomes ?? [];
    const outcomes = all.filter(({ details }) => event === undefined || isPossible(details, event));
    const possible = possibleNow(outcomes, type, this.#history.get(service) ?? []);
    const isNoOp = (outcome: string) => all.some((each) => each.name === outcome && !each.changes);
    return {
      outcomes: possible.map((each) => each.name),
      has: (outcome) =>
        possible.some((each) => each.name === outcome) || (isNoOp(outcome) && possible.some(({ changes }) => !changes)),
    };
  }

  /** The step has ended so. */
  ended(service: string, step: string, type: string, outcome: string): void {
    const found = this.#model.stepOf(service, step)?.outcomes.find(({ name }) => name === outcome);
    if (found !== undefined) this.#history = remembered(this.#machine, this.#history, found, type);
  }
}
