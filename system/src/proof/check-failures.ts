import type { EventContract } from '@quickstep/shared/events';
import {
  atOutcome,
  compensatorsOf,
  isFirst,
  isUndoing,
  type Model,
  type ProofOutcome,
  type ProofStep,
  preventedBy,
} from './model.js';
import type { Problem } from './problem.js';
import { closure } from './saga.js';

interface Before {
  readonly outcome: ProofOutcome;
  /** From the outcome to the step in question. */
  readonly path: readonly string[];
}

/** What an outcome may have followed. */
const causesOf = ({ step, details }: ProofOutcome) => details.on ?? step.on;

/** The work that may have been done on the way to an event, with the way; past an ending there is nothing to undo. */
function workBefore(
  model: Model,
  events: readonly EventContract[],
  path: readonly string[] = [],
  seen: ReadonlySet<ProofStep> = new Set(),
): Before[] {
  return events
    .filter(({ ending }) => ending === undefined)
    .flatMap(({ type }) =>
      model.emitters(type).flatMap((outcome) => {
        const { step } = outcome;
        if (!isFirst(outcome) || !outcome.works || isUndoing(step) || seen.has(step)) return [];
        const way = [`${outcome.id} emits ${type}`, ...path];
        return [{ outcome, path: way }, ...workBefore(model, causesOf(outcome), way, new Set([...seen, step]))];
      }),
    );
}

/** The steps that follow from an outcome. */
function following(model: Model, { emits }: ProofOutcome): ReadonlySet<ProofStep> {
  const consumersOf = (outcome: ProofOutcome) => outcome.emits.flatMap(({ type }) => model.consumers(type));
  const first = emits.flatMap(({ type }) => model.consumers(type));
  return closure(first, (step) => step.outcomes.flatMap(consumersOf));
}

const canBeUndone = ({ outcome }: Before) => outcome.details.pointOfNoReturn === undefined;

/** What a failure, a prevention, or work that came too late, must lead to the compensation of. */
function toUndo(model: Model, outcome: ProofOutcome): Before[] {
  const { step, details } = outcome;
  const prevented = model.stepOf(step.service, preventedBy(step) ?? '');
  if (details.fails) return workBefore(model, causesOf(outcome)).filter(canBeUndone);
  if (prevented !== undefined && isFirst(outcome)) return workBefore(model, prevented.on).filter(canBeUndone);
  return outcome.works && !isFirst(outcome) && prevented === undefined ? [{ outcome, path: [] }] : [];
}

function checkOutcome(model: Model, outcome: ProofOutcome): Problem[] {
  const reached = following(model, outcome);
  return toUndo(model, outcome).flatMap(({ outcome: done, path }): Problem[] => {
    const undoing = compensatorsOf(model, done);
    if (undoing.length === 0 || undoing.some((step) => reached.has(step))) return [];
    const names = undoing.map(({ name }) => name).join(' or ');
    const asks = [...new Set(undoing.flatMap(({ on }) => on.map(({ type }) => type)))].join(' or ');
    const emitted = outcome.emits.map(({ type }) => type).join(', ') || 'nothing';
    return [
      {
        what: `${outcome.id} does not lead to ${names}, which undoes ${done.id}`,
        where: atOutcome(outcome),
        path: [...path, `${outcome.id} emits ${emitted}`, `no chain from there to ${names}`],
        help: `emit ${asks} in ${outcome.id}, or in a compensation that follows from it`,
      },
    ];
  });
}

/** Every failure leads to the compensation of every step that may have happened before it. */
export function checkFailures(model: Model, saga: ReadonlySet<ProofStep>): Problem[] {
  return model.outcomes.filter(({ step }) => saga.has(step)).flatMap((outcome) => checkOutcome(model, outcome));
}

/** How many pairs of failure and work to be undone there are. */
export function failurePairs(model: Model, saga: ReadonlySet<ProofStep>): number {
  const ofSaga = model.outcomes.filter(({ step }) => saga.has(step));
  return ofSaga.flatMap((each) => toUndo(model, each)).filter(({ outcome }) => compensatorsOf(model, outcome).length > 0).length;
}
