import { detailsOf, emittedIn, isPossible, type OutcomeDeclaration, type StepDeclaration } from '@quickstep/shared/choreography';
import type { EventContract } from '@quickstep/shared/events';
import { choreographies } from '@quickstep/system';

/** A step of which, after an event, an answer is expected. */
export interface Expectation {
  readonly service: string;
  readonly step: string;
  /** The types of events by which it may answer. */
  readonly answers: readonly string[];
}

/** What it emits may be missing without anybody waiting for it. */
const isFinal = ({ final }: EventContract) => final;

/** An outcome that a first delivery may end in, in good order. */
function isFirst(outcome: OutcomeDeclaration, event: EventContract): boolean {
  return isPossible(outcome, event) && detailsOf(outcome).after === undefined;
}

function answersOf(declared: StepDeclaration, event: EventContract): string[] {
  const outcomes = Object.values(declared.outcomes).filter((outcome) => isFirst(outcome, event));
  const emitted = outcomes.flatMap(emittedIn);
  return emitted.every(isFinal) ? [] : [...new Set(emitted.map(({ type }) => type))];
}

function expectationsAfter(type: string): Expectation[] {
  return choreographies.flatMap(({ service, steps }) =>
    Object.entries<StepDeclaration>(steps).flatMap(([step, declared]) => {
      const event = declared.kind === 'event' ? declared.on.find((each) => each.type === type) : undefined;
      const answers = event === undefined ? [] : answersOf(declared, event);
      return answers.length === 0 ? [] : [{ service, step, answers }];
    }),
  );
}

const known = new Map<string, readonly Expectation[]>();

/**
 * The steps that are declared to answer an event of this type by others. A step that turns out to have nothing to do (it was overtaken, it
 * only keeps a record) does not answer: what is expected is what may follow, as far as events can tell.
 */
export function expectedAfter(type: string): readonly Expectation[] {
  const found = known.get(type) ?? expectationsAfter(type);
  known.set(type, found);
  return found;
}

/** The step that emitted an event, and whether the event is the first of those that it emitted together. */
export function emittedBy(idempotencyKey: string): { readonly step: string; readonly first: boolean } | undefined {
  const [, step, position] = /:(\w+):(\d+)$/.exec(idempotencyKey) ?? [];
  return step === undefined ? undefined : { step, first: position === '0' };
}

/** Event types of the order's saga: those whose subject is an order. */
export const sagaEvents: readonly EventContract[] = [
  ...new Map(
    choreographies
      .flatMap(({ steps }) => Object.values<StepDeclaration>(steps))
      .flatMap((step) => Object.values(step.outcomes).flatMap(emittedIn))
      .filter(({ subject }) => subject === 'orderId')
      .map((contract) => [contract.type, contract]),
  ).values(),
];
