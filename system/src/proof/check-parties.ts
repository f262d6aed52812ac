import { type Choreography, type Misfit, misfitsOf } from '@quickstep/shared/choreography';
import { at, atOutcome, type Model, undoneBy } from './model.js';
import type { Problem } from './problem.js';

const HELP: Readonly<Record<Misfit['rule'], string>> = {
  unconsumed: 'name the event in the `on` of a step, or declare its contract `final` when only observers want it',
  consumedThoughFinal: 'drop `final` from the contract, or let the step observe: `observes` instead of `on`',
  unemitted: 'let an outcome emit it, or drop it from `on`',
  foreignEmitter: "add the service to the contract's `emitters`, or emit it elsewhere",
  missingEmitter: "let an outcome of the service emit it, or drop the service from the contract's `emitters`",
  twoContracts: 'one type has one contract: import the same one everywhere',
};

function describe(model: Model, { rule, type, text }: Misfit): Problem {
  const emitting = model.emitters(type).map(atOutcome);
  const reacting = model.steps.filter(({ on }) => on.some((event) => event.type === type)).map(at);
  const places = [...emitting.map((each) => `emitted by ${each}`), ...reacting.map((each) => `reaches ${each}`)];
  return { what: text, where: emitting[0] ?? reacting[0] ?? type, path: places, help: HELP[rule] };
}

/** A compensation reaches steps that undo something, and nothing else does: else it would undo nothing, or undo what nobody failed. */
function kindsOf(model: Model): Problem[] {
  return model.steps.flatMap((step) => {
    if (step.declared.kind !== 'event') return [];
    const undoes = undoneBy(step) !== undefined || step.declared.prevents !== undefined;
    return step.on.flatMap((event): Problem[] => {
      const where = at(step);
      const path = model.emitters(event.type).map((each) => `${each.id} emits ${event.type}`);
      if (event.kind === 'compensation' && !undoes) {
        const what = `${event.type} is a compensation, but ${step.name}, which reacts to it, compensates nothing`;
        return [{ what, where, path, help: 'say which step it undoes: `compensates: <step>`' }];
      }
      if (event.kind === 'fact' && undoneBy(step) !== undefined) {
        const what = `${step.name} compensates ${undoneBy(step)} on ${event.type}, which is a fact`;
        return [{ what, where, path, help: "declare the contract `kind: 'compensation'`, or react to another event" }];
      }
      return [];
    });
  });
}

/** Every consumed event has its emitters, every emitted one a consumer or observers only, and compensations reach compensating steps. */
export function checkParties(model: Model, declared: readonly Choreography[]): Problem[] {
  return [...misfitsOf(declared).map((each) => describe(model, each)), ...kindsOf(model)];
}
