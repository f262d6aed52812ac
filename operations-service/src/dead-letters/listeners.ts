import { reactsTo } from '@quickstep/shared/choreography';
import type { EventContract } from '@quickstep/shared/events';
import { choreographies } from '@quickstep/system';

/** What a service consumes, by type of event. */
export interface Listeners {
  readonly contracts: ReadonlyMap<string, EventContract>;
  /** The names of the steps that react to each type. */
  readonly steps: ReadonlyMap<string, readonly string[]>;
  /** The names of the steps that call the outside world, and have a compensation that undoes what they did there. */
  readonly undoable: ReadonlySet<string>;
}

const NONE: Listeners = { contracts: new Map(), steps: new Map(), undoable: new Set() };

const byService: ReadonlyMap<string, Listeners> = new Map(
  choreographies.map((declared) => {
    const contracts = new Map<string, EventContract>();
    const steps = new Map<string, string[]>();
    for (const [name, step] of Object.entries(declared.steps)) {
      for (const contract of reactsTo(step)) {
        contracts.set(contract.type, contract);
        steps.set(contract.type, [...(steps.get(contract.type) ?? []), name]);
      }
    }
    const all = Object.entries(declared.steps);
    const undone = new Set(all.map(([, step]) => (step.kind === 'event' ? step.compensates : undefined)));
    const undoable = new Set(all.filter(([name, { effect }]) => effect !== undefined && undone.has(name)).map(([name]) => name));
    return [declared.service, { contracts, steps, undoable }];
  }),
);

/** What a service listens to, from its declaration. */
export const listenersOf = (service: string): Listeners => byService.get(service) ?? NONE;
