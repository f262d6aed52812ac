import type { Choreography } from '@quickstep/shared/choreography';
import { checkCompensation } from './check-compensation.js';
import { checkDeadlines } from './check-deadlines.js';
import { checkFailures, failurePairs } from './check-failures.js';
import { checkLate } from './check-late.js';
import { checkNames } from './check-names.js';
import { checkOutcomes } from './check-outcomes.js';
import { checkParties } from './check-parties.js';
import { type Exploration, explore } from './explore.js';
import { Machine } from './machine.js';
import { atOutcome, type Model, modelOf, type ProofStep } from './model.js';
import type { Problem } from './problem.js';
import { sagaSteps } from './saga.js';

export interface Proof {
  readonly problems: readonly Problem[];
  readonly services: number;
  readonly steps: number;
  readonly sagaSteps: number;
  readonly outcomes: number;
  readonly events: number;
  /** Pairs of a failure and a work that it must lead to the undoing of. */
  readonly failures: number;
  /** Empty when the declarations are wrong already for themselves. */
  readonly explorations: readonly Exploration[];
}

/** Outcomes that no run reaches, however its events travel: what they wait for cannot happen. */
function unreachable(saga: ReadonlySet<ProofStep>, machine: Machine, explorations: readonly Exploration[]): Problem[] {
  const reached = new Set(explorations.flatMap((each) => [...each.reached]));
  const explored = machine.deliveries.filter(({ inert }) => !inert).flatMap(({ outcomes }) => outcomes);
  const dead = new Set(explored.filter(({ step, id }) => saga.has(step) && !reached.has(id)));
  return [...dead].map((outcome) => ({
    what: `${outcome.id} can never happen`,
    where: atOutcome(outcome),
    path: [],
    help: 'drop it, or mend its `after`',
  }));
}

function exploreAll(model: Model, saga: ReadonlySet<ProofStep>): { explorations: Exploration[]; problems: Problem[] } {
  const machine = new Machine(model, saga);
  const explorations: Exploration[] = [];
  for (const channel of ['once', 'at least once'] as const) {
    const found = explore(machine, channel);
    explorations.push(found);
    if (found.problem !== undefined) return { explorations, problems: [found.problem] };
  }
  return { explorations, problems: unreachable(saga, machine, explorations) };
}

/** Proves the declarations, or says what is wrong with them. Sagas are explored only when every declaration is right for itself. */
export function prove(declared: readonly Choreography[]): Proof {
  const model = modelOf(declared);
  const saga = sagaSteps(model);
  const named = checkNames(model);
  const wrong = [
    ...named,
    ...checkParties(model, declared),
    ...checkOutcomes(model),
    ...checkLate(model),
    ...checkCompensation(model, saga),
    ...checkFailures(model, saga),
    ...checkDeadlines(model, saga),
  ];
  const { explorations, problems } = wrong.length > 0 ? { explorations: [], problems: wrong } : exploreAll(model, saga);
  return {
    problems,
    services: declared.length,
    steps: model.steps.length,
    sagaSteps: saga.size,
    outcomes: model.outcomes.length,
    events: new Set(model.outcomes.flatMap(({ emits }) => emits)).size,
    failures: failurePairs(model, saga),
    explorations,
  };
}
