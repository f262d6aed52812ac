import { at, isFirst, type Model, means, type ProofOutcome, type ProofStep, preventedBy, undoneBy } from './model.js';
import type { Problem } from './problem.js';

const covers = (outcome: ProofOutcome, step: ProofStep) =>
  outcome.after.some((name) => step.outcomes.some((each) => each.changes && means(name, each)));

/** Steps that undo or prevent this one, and may come before it: somebody else than the step itself asks for them. */
function mayComeFirst(model: Model, step: ProofStep): ProofStep[] {
  return model.steps.filter((other) => {
    if (other.service !== step.service) return false;
    if (undoneBy(other) !== step.name && preventedBy(other) !== step.name) return false;
    return other.on.some(({ type }) => model.emitters(type).some((each) => each.step !== step));
  });
}

/** What asks for work of the step to be undone. */
function asks(model: Model, step: ProofStep): string {
  const undoing = model.steps.filter((other) => other.service === step.service && undoneBy(other)?.split('.')[0] === step.name);
  return undoing.flatMap(({ on }) => on.map(({ type }) => type)).join(' or ');
}

function checkOvertaken(model: Model, step: ProofStep, undo: ProofStep): Problem[] {
  const late = step.outcomes.filter((outcome) => covers(outcome, undo));
  const path = [`${undo.name} comes first`, `then ${step.name}`];
  const where = at(step);
  const problems: Problem[] = [];
  if (!late.some(({ changes }) => !changes)) {
    const what = `${step.name} has no outcome in which nothing was done when ${undo.name} came first`;
    problems.push({ what, where, path, help: `declare one, \`overtaken: { after: '${undo.name}' }\`` });
  }
  if (step.declared.effect !== undefined && !late.some(({ works }) => works)) {
    const what = `${step.name} has no outcome for work that the ${step.declared.effect} did although ${undo.name} came first`;
    const help = `declare one that gives it back, \`late: { after: '${undo.name}', emits: [...] }\`: it emits ${asks(model, step)}`;
    problems.push({ what, where, path, help });
  }
  return problems;
}

/** The outside world may refuse, and may do the same work twice. */
function checkEffect(model: Model, step: ProofStep): Problem[] {
  const { declared, name } = step;
  if (declared.effect === undefined || undoneBy(step) !== undefined) return [];
  const where = at(step);
  const problems: Problem[] = [];
  if (!step.outcomes.some((each) => isFirst(each) && each.details.fails)) {
    const what = `${name} calls the ${declared.effect}, but has no outcome for its refusal`;
    problems.push({ what, where, path: [], help: 'declare one that says `fails: true`' });
  }
  const isUndone = model.steps.some((other) => undoneBy(other)?.split('.')[0] === name && other.service === step.service);
  if (isUndone && !step.outcomes.some((each) => each.works && covers(each, step))) {
    const what = `${name} has no outcome for work that the ${declared.effect} did a second time`;
    const path = [`${name} did its work`, `the same event again: the ${declared.effect} answers with other work`];
    problems.push({
      what,
      where,
      path,
      help: `declare one that gives it back, \`after: '${name}'\` that emits ${asks(model, step)}`,
    });
  }
  return problems;
}

/** A step whose undoing came first, and one whose effect answers otherwise than the rows know, have their outcomes. */
export function checkLate(model: Model): Problem[] {
  return model.steps.flatMap((step) => [
    ...mayComeFirst(model, step).flatMap((undo) => checkOvertaken(model, step, undo)),
    ...checkEffect(model, step),
  ]);
}
