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
  /** What tells it apart from others: who looks for it, under which names. */
  readonly sight: string;
  /** Who looks for it: steps, with the event that they handle. */
  readonly seenBy: ReadonlySet<string>;
}

/** What the exploration asks of the declarations; worked out once. */
export class Machine {
  readonly deliveries: readonly Delivery[];
  readonly commands: readonly ProofStep[];
  readonly timers: readonly ProofStep[];
  readonly #byType = new Map<string, number[]>();
  readonly #happenings = new Map<ProofOutcome, Map<string, Happening>>();
  readonly #compensators = new Map<ProofOutcome, readonly ProofStep[]>();

  constructor(model: Model, saga: ReadonlySet<ProofStep>) {
    const steps = [...saga];
    for (const outcome of model.outcomes) {
      const { step } = outcome;
      const events = step.on.length === 0 ? [''] : step.on.map(({ type }) => type);
      this.#happenings.set(outcome, new Map(events.map((event) => [event, happening(model, outcome, event)])));
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

  /** What a service remembers of an outcome; undefined when no step of it looks for that. */
  happening(outcome: ProofOutcome, event: string): Happening | undefined {
    const found = this.#happenings.get(outcome)?.get(event);
    return found === undefined || found.seenBy.size === 0 ? undefined : found;
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

function happening(model: Model, outcome: ProofOutcome, event: string): Happening {
  const own = model.steps.filter(({ service }) => service === outcome.step.service);
  const looks = own.flatMap((step) =>
    (step.on.length === 0 ? [''] : step.on.map(({ type }) => type)).flatMap((handled) =>
      step.outcomes.flatMap(({ after }) =>
        after
          .filter((name) => means(name, outcome) && (name !== step.name || handled === event))
          .map((name) => ({ name, looker: `${name === step.name ? 'copy at ' : ''}${step.name} ${handled}` })),
      ),
    ),
  );
  const begins = own.filter(({ declared }) => declared.kind === 'timer' && declared.deadline?.from === outcome.step.name);
  const all = [...looks, ...begins.map(({ name }) => ({ name: outcome.step.name, looker: `deadline of ${name}` }))];
  const sight = [...new Set(all.map(({ name, looker }) => `${looker} ${name}`))].sort().join();
  return { outcome, event, sight, seenBy: new Set(all.map(({ looker }) => looker)) };
}

/** A step that names itself asks about the same event only, which is no matter of order. */
function isLookedForElsewhere(model: Model, outcome: ProofOutcome): boolean {
  const own = model.outcomes.filter(({ step }) => step.service === outcome.step.service);
  return own.some(({ step, after }) =>
    after.some((name) => means(name, outcome) && !(step === outcome.step && name === step.name)),
  );
}

/**
 * The outcomes that are possible now. For a copy of an event that was handled before, those that name the step itself. Else, of all that the outcomes look for, what happened last decides; when nothing of it happened, the
 * outcomes that look for nothing.
 *
 * @param history what happened in the service, the latest last
 */
export function possibleNow(
  outcomes: readonly ProofOutcome[],
  event: string,
  history: readonly Happening[],
): readonly ProofOutcome[] {
  const isCopy = ({ step: { name } }: ProofOutcome) =>
    history.some((happened) => happened.event === event && happened.outcome.step.name === name);
  const repeating = outcomes.filter((each) => each.after.includes(each.step.name) && isCopy(each));
  if (repeating.length > 0) return repeating;
  for (const { outcome } of history.toReversed()) {
    const fitting = outcomes.filter(({ step, after }) => after.some((name) => name !== step.name && means(name, outcome)));
    if (fitting.length > 0) return fitting;
  }
  return outcomes.filter(isFirst);
}
