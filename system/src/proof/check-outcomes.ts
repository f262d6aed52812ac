import type { EventContract } from '@quickstep/shared/events';
import {
  at,
  isFirst,
  type Model,
  means,
  type ProofOutcome,
  type ProofStep,
  possibleAfter,
  preventedBy,
  undoneBy,
} from './model.js';
import type { Problem } from './problem.js';

const isFact = ({ kind }: EventContract) => kind === 'fact';
const covers = (outcome: ProofOutcome, earlier: ProofOutcome) => outcome.after.some((name) => means(name, earlier));

/** The outcomes of a step by the event that they follow; commands and timers have but one group. */
function groupsOf(step: ProofStep): { readonly event: string; readonly outcomes: readonly ProofOutcome[] }[] {
  if (step.on.length === 0) return [{ event: `a ${step.declared.kind}`, outcomes: step.outcomes }];
  return step.on.map((event) => ({ event: event.type, outcomes: possibleAfter(step, event) }));
}

/** A step has an outcome for its first event, and says what it does when the same comes again. */
function checkEvent(step: ProofStep, event: string, outcomes: readonly ProofOutcome[]): Problem[] {
  const problems: Problem[] = [];
  const add = (what: string, path: string[], help: string) => problems.push({ what, where: at(step), path, help });
  const reacts = step.declared.kind === 'event' || step.declared.kind === 'observer';
  if (!outcomes.some((each) => each.works && (isFirst(each) || !reacts)))
    add(`${step.name} has no outcome that does its work for the first ${event}`, [], 'declare what it does when all is well');
  for (const each of step.declared.kind === 'timer' ? [] : outcomes.filter(({ changes }) => changes)) {
    const repeats = outcomes.some((other) => !other.changes && covers(other, each));
    if (repeats || each.details.repeatable) continue;
    const path = [`${each.id} after ${event}`, `the same ${event} again: no outcome that changes nothing`];
    const help = `declare one, \`repeated: { after: '${step.name}' }\`, or say \`repeatable: true\``;
    add(`${step.name} does not say how it ends when ${event} comes again after ${each.id}`, path, help);
  }
  const told = outcomes.some(({ emits }) => emits.length > 0);
  for (const each of told ? outcomes.filter(({ works, emits }) => works && emits.length === 0) : [])
    add(`${each.id} does its work, but tells nobody`, [], 'let it emit an event, as the other outcomes of the step do');
  return problems;
}

/** A failure gives its reason, and a compensation says in every outcome that it was done. */
function checkTold(step: ProofStep): Problem[] {
  const undoes = undoneBy(step) ?? preventedBy(step);
  const tells = undoes !== undefined && step.outcomes.some(({ emits }) => emits.some(isFact));
  const silent = step.outcomes.filter(({ emits, changes }) => changes && !emits.some(isFact));
  return silent.flatMap((each): Problem[] => {
    const where = `${step.service}: ${each.id}`;
    if (each.details.fails)
      return [
        { what: `${each.id} fails, but emits no fact that says so`, where, path: [], help: 'emit the fact with its reason' },
      ];
    if (!tells) return [];
    const what = `${each.id} emits no fact that says that ${undoes} is undone`;
    return [{ what, where, path: [], help: 'emit the fact, as the other outcomes of the step do' }];
  });
}

/** Every step says how it ends: at first, when the same comes again, and with which fact. */
export function checkOutcomes(model: Model): Problem[] {
  return model.steps.flatMap((step) => [
    ...groupsOf(step).flatMap(({ event, outcomes }) => checkEvent(step, event, outcomes)),
    ...checkTold(step),
  ]);
}
