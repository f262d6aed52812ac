import { at, atOutcome, type Model, means, type ProofOutcome, type ProofStep, preventedBy, undoneBy } from './model.js';
import type { Problem } from './problem.js';

/** The outcomes of the service that a name in `after`, `compensates` or `prevents` means. */
function meant(model: Model, { service }: ProofStep, name: string): readonly ProofOutcome[] {
  return model.outcomes.filter((each) => each.step.service === service && means(name, each));
}

function checkReactions(step: ProofStep): Problem[] {
  const where = at(step);
  const problems: Problem[] = [];
  const add = (what: string, help: string) => problems.push({ what, where, path: [], help });
  const { kind } = step.declared;
  if (step.outcomes.length === 0) add(`${step.name} declares no outcome`, 'name how the step may end, a no-op too');
  if ((kind === 'event' || kind === 'observer') && step.on.length === 0)
    add(`${step.name} reacts to nothing: its list of events is empty`, 'name the events, or drop the step');
  for (const { id, details } of step.outcomes) {
    if (details.on?.length === 0) add(`${id} is possible after no event: its \`on\` is empty`, 'name the events, or drop `on`');
    for (const { type } of details.on?.filter((event) => !step.on.includes(event)) ?? [])
      add(
        `${id} is possible after ${type}, to which ${step.name} does not react`,
        `add it to the step's \`on\`, or drop it here`,
      );
  }
  return problems;
}

function checkAfter(model: Model, outcome: ProofOutcome): Problem[] {
  return outcome.after.flatMap((name): Problem[] => {
    const found = meant(model, outcome.step, name);
    if (found.some(({ changes }) => changes)) return [];
    const why = found.length === 0 ? 'which is no step or outcome of this service' : 'which changes nothing';
    const help = 'name a step or an outcome of the same service that changes something, or drop the name';
    return [{ what: `${outcome.id} is possible after ${name}, ${why}`, where: atOutcome(outcome), path: [], help }];
  });
}

function checkUndone(model: Model, step: ProofStep): Problem[] {
  return [undoneBy(step), preventedBy(step)].flatMap((name): Problem[] => {
    if (name === undefined || meant(model, step, name).some(({ works }) => works)) return [];
    const what = `${step.name} undoes ${name}, which does no work in this service`;
    return [{ what, where: at(step), path: [], help: 'name the step whose work it undoes, or an outcome of it' }];
  });
}

/** Whatever a declaration names is there. */
export function checkNames(model: Model): Problem[] {
  return [
    ...model.steps.flatMap(checkReactions),
    ...model.outcomes.flatMap((outcome) => checkAfter(model, outcome)),
    ...model.steps.flatMap((step) => checkUndone(model, step)),
  ];
}
