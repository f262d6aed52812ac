import type { Model, ProofStep } from './model.js';

const follows = (model: Model, step: ProofStep) =>
  step.outcomes.flatMap(({ emits }) => emits.flatMap(({ type }) => model.consumers(type)));

const ends = ({ outcomes }: ProofStep) => outcomes.some(({ emits }) => emits.some(({ ending }) => ending !== undefined));

/** The given steps, and all that follow from them by `next`. */
export function closure(start: readonly ProofStep[], next: (step: ProofStep) => readonly ProofStep[]): ReadonlySet<ProofStep> {
  const found = new Set(start);
  for (const step of found) for (const each of next(step)) found.add(each);
  return found;
}

/** Steps from which an ending can be reached, and what follows from those. The rest (a catalogue that is carried over) is no saga. */
export function sagaSteps(model: Model): ReadonlySet<ProofStep> {
  const causes = (step: ProofStep) =>
    step.declared.kind === 'event' ? step.on.flatMap(({ type }) => model.emitters(type).map((each) => each.step)) : [];
  const leading = closure(model.steps.filter(ends), causes);
  return closure([...leading], (step) => follows(model, step));
}
