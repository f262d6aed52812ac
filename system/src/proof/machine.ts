import type { EventContract } from '@quickstep/shared/events';
import {
  compensatorsOf,
  isFirst,
  type Model,
  means,
  type ProofOutcome,
  type ProofStep,
  possibleAfter,
  undoneBy,
} from './model.js';

/** An event on its way to a step. */
export interface Delivery {
  readonly step: ProofStep;
  readonly event: EventContract;
  readonly outcomes: readonly ProofOutcome[];
  /** Whatever comes of it, nobody can tell when it was handled: it is handled at once, which saves states and hides none. */
  readonly inert: boolean;
}

/** Something that changed the rows of a service for this saga. */
export interface Happening {
  readonly outcome: ProofOutcome;
  /** The type of the event that it followed; '' after a command or a timer. */
  readonly event: string;
}

/** What the exploration asks of the declarations; worked out once. */
export class Machine {
  readonly deliveries: readonly Delivery[];
  readonly commands: readonly ProofStep[];
  readonly timers: readonly ProofStep[];
  readonly #byType = new Map<string, number[]>();
  readonly #looked = new Set<ProofOutcome>();
  readonly #compensators = new Map<ProofOutcome, readonly ProofStep[]>();

  constructor(model: Model, saga: ReadonlySet<ProofStep>) {
    const steps = [...saga];
    for (const outcome of model.outcomes) {
      if (isLookedFor(model, outcome)) this.#looked.add(outcome);
      this.#compensators.set(outcome, compensatorsOf(model, outcome));
    }
    this.commands = steps.filter(({ declared }) => declared.kind === 'command');
    this.timers = model.steps.filter(({ declared }) => declared.kind === 'timer' && declared.deadline !== undefined);
    this.deliveries = steps
      .filter(({ declared }) => declared.kind === 'event')
      .flatMap((step) => step.on.map((event) => this.#delivery(model, step, event)));
    for (const [index, { event }] of this.deliveries.entries())
      this.#byType.set(event.type, [...(this.#byType.get(event.type) ?? []), index]);
  }

  /** The deliveries, by number, that an event of the type becomes. */
  deliveriesOf(type: string): readonly number[] {
    return this.#byType.get(type) ?? [];
  }

  /** Whether any step of the service asks if the outcome has happened. */
  isLookedFor(outcome: ProofOutcome): boolean {
    return this.#looked.has(outcome);
  }

  compensators(outcome: ProofOutcome): readonly ProofStep[] {
    return this.#compensators.get(outcome) ?? [];
  }

  #delivery(model: Model, step: ProofStep, event: EventContract): Delivery {
    const outcomes = possibleAfter(step, event);
    const isQuiet = outcomes.every(
      (each) =>
        !isLookedForElsewhere(model, each) &&
        each.emits.every(({ type, ending }) => ending === undefined && model.consumers(type).length === 0) &&
        (this.#compensators.get(each) ?? []).length === 0,
    );
    return { step, event, outcomes, inert: isQuiet && (undoneBy(step) === undefined || outcomes.length === 1) };
  }
}

function isLookedFor(model: Model, outcome: ProofOutcome): boolean {
  const own = model.steps.filter(({ service }) => service === outcome.step.service);
  const begins = own.some(({ declared }) => declared.kind === 'timer' && declared.deadline?.from === outcome.step.name);
  return begins || own.some((step) => step.outcomes.some((each) => each.after.some((name) => means(name, outcome))));
}

/** A step that names itself asks about the same event only, which is no matter of order. */
function isLookedForElsewhere(model: Model, outcome: ProofOutcome): boolean {
  const own = model.outcomes.filter(({ step }) => step.service === outcome.step.service);
  return own.some(({ step, after }) =>
    after.some((name) => means(name, outcome) && !(step === outcome.step && name === step.name)),
  );
}

/**
 * The outcomes that are possible now. Of all that the outcomes look for, what happened last decides; when nothing of it happened, the
 * outcomes that look for nothing.
 *
 * @param history what happened in the service, the latest last
 */
export function possibleNow(
  outcomes: readonly ProofOutcome[],
  event: string,
  history: readonly Happening[],
): readonly ProofOutcome[] {
  for (const happened of history.toReversed()) {
    const fitting = outcomes.filter((each) => each.after.some((name) => meansNow(name, each, event, happened)));
    if (fitting.length > 0) return fitting;
  }
  return outcomes.filter(isFirst);
}

function meansNow(name: string, { step }: ProofOutcome, event: string, happened: Happening): boolean {
  return means(name, happened.outcome) && (name !== step.name || happened.event === event);
}
