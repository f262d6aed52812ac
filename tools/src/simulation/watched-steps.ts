import type { AnyStep, Implementation } from '@quickstep/shared/choreography';
import type { Faults } from './faults.js';

/** Thrown by steps that were made to fail. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

/** Steps of one process, by what they are doing: so that a fault is known to have struck them. */
export class StepsAtWork {
  readonly #named = new Set<string>();
  #calling: string | undefined;

  /** The steps of the batch that begins: the pipeline asks each for its rows right before. */
  takeBatch(): readonly string[] {
    const steps = [...this.#named];
    this.#named.clear();
    return steps;
  }

  /** The step whose effect is called at this moment. */
  get calling(): readonly string[] {
    return this.#calling === undefined ? [] : [this.#calling];
  }

  named(step: string): void {
    this.#named.add(step);
  }

  call<Answer>(step: string, effect: () => Answer): Answer {
    this.#calling = step;
    try {
      return effect();
    } finally {
      this.#calling = undefined;
    }
  }
}

/** The same steps, which say when they work, and now and then throw when they have done everything. */
export function watched({ choreography, steps }: Implementation, atWork: StepsAtWork, faults: Faults): Implementation {
  const wrapped = Object.entries(steps).map(([name, step]): [string, AnyStep] => {
    const rows: AnyStep['rows'] = (message) => {
      atWork.named(name);
      return step.rows(message);
    };
    const decide: AnyStep['decide'] = (message, loaded, context) => {
      const decision = step.decide(message, loaded, context);
      if (faults.strikes('step threw', [name])) throw new StepFailed('The step was made to fail');
      return decision;
    };
    const effect: AnyStep['effect'] = (...called) => atWork.call(name, async () => step.effect?.(...called));
    return [name, { ...step, rows, decide, ...(step.effect === undefined ? {} : { effect }) }];
  });
  return { choreography, steps: Object.fromEntries(wrapped) };
}
