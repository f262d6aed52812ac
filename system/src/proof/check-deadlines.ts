import { at, type Model, type ProofStep, preventedBy, undoneBy } from './model.js';
import type { Problem } from './problem.js';
import { closure } from './saga.js';

function checkTimer(model: Model, step: ProofStep): Problem[] {
  if (step.declared.kind !== 'timer' || step.declared.deadline === undefined) return [];
  const { from, until } = step.declared.deadline;
  const where = at(step);
  const problems: Problem[] = [];
  if (model.stepOf(step.service, from) === undefined) {
    const what = `the deadline of ${step.name} begins with ${from}, which is no step of this service`;
    problems.push({ what, where, path: [], help: 'name the step that begins the saga' });
  }
  const endings = new Set(model.outcomes.flatMap(({ emits }) => emits.filter(({ ending }) => ending !== undefined)));
  for (const { type } of [...endings].filter((event) => !until.includes(event))) {
    const what = `the deadline of ${step.name} goes on after ${type}, which is an ending`;
    problems.push({ what, where, path: [`a saga ends with ${type}`, `${step.name} fires`], help: `add ${type} to \`until\`` });
  }
  for (const { type } of until.filter(({ ending }) => ending === undefined)) {
    const what = `the deadline of ${step.name} stops at ${type}, which is no ending`;
    const help = `declare how the saga has ended: \`ending: '<how>'\` of the contract, or drop it from \`until\``;
    problems.push({ what, where, path: [], help });
  }
  const consumersOf = (of: ProofStep) => of.outcomes.flatMap(({ emits }) => emits.flatMap(({ type }) => model.consumers(type)));
  const reached = closure(consumersOf(step), consumersOf);
  if (![...reached].some((each) => (undoneBy(each) ?? preventedBy(each)) !== undefined)) {
    const what = `${step.name} undoes nothing when the deadline has passed`;
    problems.push({ what, where, path: [], help: 'emit the event that asks for cancellation' });
  }
  return problems;
}

const noEnding: Problem = {
  what: 'no event says that a saga has ended',
  where: 'the contracts',
  path: [],
  help: "say of the contracts of its endings how it ended: `ending: 'completed'`",
};

/** Sagas have a deadline, and it does something. That every open state has it armed is seen by the exploration. */
export function checkDeadlines(model: Model, saga: ReadonlySet<ProofStep>): Problem[] {
  if (saga.size === 0) return [noEnding];
  const timers = model.steps.filter(({ declared }) => declared.kind === 'timer');
  const hasDeadline = timers.some(({ declared }) => declared.kind === 'timer' && declared.deadline !== undefined);
  if (hasDeadline) return timers.flatMap((step) => checkTimer(model, step));
  const where = timers.map(at).join('; ') || 'no timer step';
  const help = 'let a timer step say `deadline: { from: <first step>, until: [<endings>] }`';
  return [{ what: 'no state of the saga has a deadline', where, path: [], help }];
}
