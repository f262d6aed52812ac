import { type Choreography, consumedBy, emittedBy } from '@quickstep/shared/choreography';
import { type EventContract, majorsOf } from '@quickstep/shared/events';
import type { Consumer, PublishedVersion } from './registry.js';
import { plain } from './schema.js';

/** A version that the code knows: the current one, or an older one that it can lift. */
export interface DeclaredVersion extends PublishedVersion {
  /** Whether events of it are still made. */
  readonly written: boolean;
  readonly current: boolean;
  upcast?(data: unknown): unknown;
}

/** What the code says now. */
export interface Declared {
  readonly versions: readonly DeclaredVersion[];
  readonly consumers: readonly Consumer[];
}

function versionsOf(contract: EventContract, emitted: boolean): DeclaredVersion[] {
  const { type, subject, emitters } = contract;
  const of = ({ dataversion, schema }: EventContract) => ({ type, dataversion, subject, emitters, schema: plain(schema) });
  return [
    ...contract.earlier.map((each) => ({
      ...of(each),
      written: emitted && each.downcast !== undefined,
      current: false,
      upcast: (data: unknown) => each.upcast(data),
    })),
    { ...of(contract), written: emitted, current: true },
  ];
}

export function declaredIn(choreographies: readonly Choreography[]): Declared {
  const emitted = new Set(choreographies.flatMap(emittedBy));
  const contracts = new Set([...emitted, ...choreographies.flatMap(consumedBy)]);
  return {
    versions: [...contracts].flatMap((contract) => versionsOf(contract, emitted.has(contract))),
    consumers: choreographies.flatMap((each) =>
      consumedBy(each).map((contract) => ({
        service: each.service,
        type: contract.type,
        majors: majorsOf(contract),
      })),
    ),
  };
}
