import {
  type Choreography,
  detailsOf,
  isPossible,
  type Names,
  type OutcomeDetails,
  reactsTo,
  type StepDeclaration,
} from '@quickstep/shared/choreography';
import type { EventContract } from '@quickstep/shared/events';

/** An outcome as the proof sees it. */
export interface ProofOutcome {
  readonly step: ProofStep;
  readonly name: string;
  /** `chargePayment.declined`. */
  readonly id: string;
  readonly details: OutcomeDetails;
  readonly emits: readonly EventContract[];
  /** As written: steps and outcomes of the same service. */
  readonly after: readonly string[];
  /** It did something to the rows of the service. */
  readonly changes: boolean;
  /** It did what somebody may have to undo: it changed something and did not fail. */
  readonly works: boolean;
}

export interface ProofStep {
  readonly service: string;
  readonly name: string;
  readonly declared: StepDeclaration;
  readonly on: readonly EventContract[];
  readonly outcomes: readonly ProofOutcome[];
}

/** All declarations, taken together. */
export interface Model {
  readonly steps: readonly ProofStep[];
  readonly outcomes: readonly ProofOutcome[];
  /** The steps that a saga waits for, by the type of the event that they react to. */
  consumers(type: string): readonly ProofStep[];
  /** The outcomes that emit an event of the type. */
  emitters(type: string): readonly ProofOutcome[];
  stepOf(service: string, name: string): ProofStep | undefined;
}

/** One name or several, as a list. */
export function namesOf(names: Names | undefined): readonly string[] {
  if (names === undefined) return [];
  return typeof names === 'string' ? [names] : names;
}

export const at = ({ service, name }: ProofStep) => `${service}: ${name}`;
export const atOutcome = ({ step: { service }, id }: ProofOutcome) => `${service}: ${id}`;
export const isFirst = ({ after }: ProofOutcome) => after.length === 0;

function outcomesOf(step: ProofStep): ProofOutcome[] {
  return Object.entries(step.declared.outcomes).map(([name, declared]) => {
    const details = detailsOf(declared);
    const emits = details.emits ?? [];
    const after = namesOf(details.after);
    const silent = after.length > 0 && emits.length === 0 && details.repeatable !== true;
    const changes = details.changesNothing !== true && !silent;
    return { step, name, id: `${step.name}.${name}`, details, emits, after, changes, works: changes && details.fails !== true };
  });
}

function stepsOf({ service, steps }: Choreography): ProofStep[] {
  return Object.entries(steps).map(([name, declared]) => {
    const outcomes: ProofOutcome[] = [];
    const step: ProofStep = { service, name, declared, on: reactsTo(declared), outcomes };
    outcomes.push(...outcomesOf(step));
    return step;
  });
}

function grouped<T>(pairs: readonly (readonly [string, T])[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const [key, value] of pairs) groups.set(key, [...(groups.get(key) ?? []), value]);
  return groups;
}

/** Brings the declarations into the form that the checks read. */
export function modelOf(declared: readonly Choreography[]): Model {
  const steps = declared.flatMap(stepsOf);
  const outcomes = steps.flatMap((step) => step.outcomes);
  const waiting = steps.filter(({ declared: { kind } }) => kind === 'event');
  const consumers = grouped(waiting.flatMap((step) => step.on.map(({ type }) => [type, step] as const)));
  const emitters = grouped(outcomes.flatMap((outcome) => outcome.emits.map(({ type }) => [type, outcome] as const)));
  return {
    steps,
    outcomes,
    consumers: (type) => consumers.get(type) ?? [],
    emitters: (type) => emitters.get(type) ?? [],
    stepOf: (service, name) => steps.find((step) => step.service === service && step.name === name),
  };
}

/** The outcomes in which the step may end after the event. */
export function possibleAfter(step: ProofStep, event: EventContract): readonly ProofOutcome[] {
  return step.outcomes.filter(({ details }) => isPossible(details, event));
}

/** Whether a name in `after` or `compensates` means this outcome. */
export function means(name: string, outcome: ProofOutcome): boolean {
  return name === outcome.id || name === outcome.step.name;
}

/** What the step undoes, `step` or `step.outcome`. */
export function undoneBy({ declared }: ProofStep): string | undefined {
  return declared.kind === 'event' ? declared.compensates : undefined;
}

/** What the step keeps from being done. */
export function preventedBy({ declared }: ProofStep): string | undefined {
  return declared.kind === 'event' ? declared.prevents : undefined;
}

/** The steps that undo the work of an outcome: those that name it, or else those that name its step. */
export function compensatorsOf(model: Model, outcome: ProofOutcome): readonly ProofStep[] {
  const own = model.steps.filter(({ service }) => service === outcome.step.service);
  const exact = own.filter((step) => undoneBy(step) === outcome.id);
  return exact.length > 0 ? exact : own.filter((step) => undoneBy(step) === outcome.step.name);
}

/** Whether the step undoes or prevents another's work. */
export function isUndoing(step: ProofStep): boolean {
  return (undoneBy(step) ?? preventedBy(step)) !== undefined;
}
