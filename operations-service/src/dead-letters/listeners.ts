import { reactsTo, readBy } from '@quickstep/shared/choreography';
import type { EventContract } from '@quickstep/shared/events';
import { choreographies } from '@quickstep/system';

/** What a service consumes, by type of event. */
export interface Listeners {
  readonly contracts: ReadonlyMap<string, EventContract>;
  /** The names of the steps that react to each type. */
  readonly steps: ReadonlyMap<string, readonly string[]>;
}

const NONE: Listeners = { contracts: new Map(), steps: new Map() };

const byService: ReadonlyMap<string, Listeners> = new Map(
  choreographies.map((declared) => {
    const contracts = new Map<string, EventContract>();
    const steps = new Map<string, string[]>();
    for (const [name, step] of Object.entries(declared.steps)) {
      for (const contract of reactsTo(step)) {
        contracts.set(contract.type, readBy(declared, contract));
        steps.set(contract.type, [...(steps.get(contract.type) ?? []), name]);
      }
    }
    return [declared.service, { contracts, steps }];
  }),
);

/** What a service listens to, from its declaration. */
export const listenersOf = (service: string): Listeners => byService.get(service) ?? NONE;
