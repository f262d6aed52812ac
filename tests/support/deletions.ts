import { type Choreography, detailsOf, type OutcomeDetails, type StepDeclaration } from '@quickstep/shared/choreography';
import type { EventContract } from '@quickstep/shared/events';

/** One thing less in the declarations. */
export interface Deletion {
  /** `chargePayment.declined emits payment.failed`. */
  readonly what: string;
  /** What a message about it must name, any of these. */
  readonly names: readonly string[];
  readonly left: readonly Choreography[];
}

type Replace = (step: StepDeclaration | undefined) => Deletion['left'];

const without = <T>(list: readonly T[], item: T) => list.filter((each) => each !== item);

function withoutReason(step: StepDeclaration): StepDeclaration {
  const { uncompensated: _why, ...rest } = step;
  return rest;
}

function omit<T extends object, K extends keyof T & string>(from: T, key: K): Omit<T, K> {
  const { [key]: _omitted, ...rest } = from;
  return rest;
}

/** The declarations with another step, or without it. */
function replacing(all: readonly Choreography[], service: string, name: string): Replace {
  return (step) =>
    all.map((each) => {
      if (each.service !== service) return each;
      const others = omit(each.steps, name);
      return { service, steps: step === undefined ? others : { ...others, [name]: step } };
    });
}

function ofOutcome(step: StepDeclaration, name: string, outcome: string, replace: Replace): Deletion[] {
  const details = detailsOf(step.outcomes[outcome] ?? []);
  const id = `${name}.${outcome}`;
  const others = omit(step.outcomes, outcome);
  const changed = (change: OutcomeDetails) => replace({ ...step, outcomes: { ...others, [outcome]: { ...details, ...change } } });
  const { emits = [], on = [] } = details;
  return [
    { what: `outcome ${id}`, names: [id, name, ...emits.map(({ type }) => type)], left: replace({ ...step, outcomes: others }) },
    ...emits.map((event) => ({
      what: `${id} emits ${event.type}`,
      names: [id, event.type],
      left: changed({ emits: without(emits, event) }),
    })),
    ...on.map((event) => ({
      what: `${id} on ${event.type}`,
      names: [id, event.type],
      left: changed({ on: without(on, event) }),
    })),
  ];
}

function ofReaction(step: StepDeclaration, name: string, replace: Replace): Deletion[] {
  if (step.kind !== 'event') return [];
  const words = (['compensates', 'prevents'] as const).filter((word) => step[word] !== undefined);
  const less = (event: EventContract) => replace({ ...step, on: without(step.on, event) });
  return [
    ...step.on.map((event) => ({ what: `${name} on ${event.type}`, names: [name, event.type], left: less(event) })),
    ...words.map((word) => ({
      what: `${name} ${word} ${step[word]}`,
      names: [name, step[word] ?? ''],
      left: replace(omit(step, word)),
    })),
  ];
}

function ofDeadline(step: StepDeclaration, name: string, replace: Replace): Deletion[] {
  if (step.kind !== 'timer' || step.deadline === undefined) return [];
  const { deadline } = step;
  return [
    { what: `deadline of ${name}`, names: [name], left: replace(omit(step, 'deadline')) },
    ...deadline.until.map((event) => ({
      what: `deadline of ${name} until ${event.type}`,
      names: [event.type],
      left: replace({ ...step, deadline: { ...deadline, until: without(deadline.until, event) } }),
    })),
  ];
}

/** Every way of leaving out one outcome, one event of an outcome, one `on`, `compensates`, `prevents`, deadline, or reason. */
export function deletionsOf(all: readonly Choreography[]): Deletion[] {
  return all.flatMap(({ service, steps }) =>
    Object.entries(steps).flatMap(([name, step]) => {
      const replace = replacing(all, service, name);
      const why =
        step.uncompensated === undefined
          ? []
          : [{ what: `${name} uncompensated`, names: [name], left: replace(withoutReason(step)) }];
      const outcomes = Object.keys(step.outcomes).flatMap((outcome) => ofOutcome(step, name, outcome, replace));
      return [...outcomes, ...ofReaction(step, name, replace), ...ofDeadline(step, name, replace), ...why];
    }),
  );
}
