import {
  at,
  atOutcome,
  compensatorsOf,
  isUndoing,
  type Model,
  means,
  type ProofOutcome,
  type ProofStep,
  preventedBy,
} from './model.js';
import type { Problem } from './problem.js';

function checkWork(model: Model, outcome: ProofOutcome): Problem[] {
  const { step, details, id } = outcome;
  if (!outcome.works || isUndoing(step) || details.pointOfNoReturn || step.declared.uncompensated !== undefined) return [];
  if (compensatorsOf(model, outcome).length > 0) return [];
  const what = `${id} changes state, and no step compensates it`;
  const path = [...step.on.map(({ type }) => `${type} -> ${id}`), 'the saga fails further on: the work stays done'];
  const help = `let a step say \`compensates: '${step.name}'\`, or say why not: \`uncompensated: '<why>'\` or \`pointOfNoReturn: true\``;
  return [{ what, where: atOutcome(outcome), path, help }];
}

/** Who asks for cancellation after the point of no return is told so, with the facts that a saga may have lost. */
function checkTooLate(step: ProofStep, end: ProofOutcome): Problem[] {
  const proof = end.emits.map(({ type }) => type);
  const refusing = step.outcomes.filter(({ after }) => after.some((name) => means(name, end)));
  const repeating = refusing.some(({ emits }) => proof.every((type) => emits.some((each) => each.type === type)));
  if (repeating) return [];
  const what = `${step.name} does not repeat ${proof.join(', ')} when it comes after ${end.id}`;
  const path = [`${end.id} emits ${proof.join(', ')}`, 'whoever lost it never learns', `${step.name} comes too late`];
  return [
    { what, where: at(step), path, help: `declare an outcome \`after: '${end.id}'\` that emits ${proof.join(', ')} again` },
  ];
}

function checkPrevention(model: Model, step: ProofStep): Problem[] {
  const prevented = model.stepOf(step.service, preventedBy(step) ?? '');
  if (prevented === undefined) return [];
  const ends = prevented.outcomes.filter(({ details }) => details.pointOfNoReturn);
  if (ends.length > 0) return ends.flatMap((end) => checkTooLate(step, end));
  const what = `${step.name} prevents ${prevented.name}, of which no outcome is the point of no return`;
  return [
    { what, where: at(prevented), path: [], help: 'say `pointOfNoReturn: true` of the outcome after which nothing is undone' },
  ];
}

function checkNoReturn(model: Model, outcome: ProofOutcome): Problem[] {
  const { step, details, id } = outcome;
  const prevents = model.steps.some((other) => other.service === step.service && preventedBy(other) === step.name);
  if (!details.pointOfNoReturn || prevents) return [];
  const what = `${id} is the point of no return, and no step prevents ${step.name}`;
  return [
    {
      what,
      where: atOutcome(outcome),
      path: [],
      help: `let the step that answers a cancellation say \`prevents: '${step.name}'\``,
    },
  ];
}

/** Every step of a saga that changes state is compensated, or is the point of no return, or says why not. */
export function checkCompensation(model: Model, saga: ReadonlySet<ProofStep>): Problem[] {
  const outcomes = model.outcomes.filter(({ step }) => saga.has(step));
  return [
    ...outcomes.flatMap((outcome) => [...checkWork(model, outcome), ...checkNoReturn(model, outcome)]),
    ...[...saga].flatMap((step) => checkPrevention(model, step)),
  ];
}
