import type { Implementation } from '@quickstep/shared/choreography';
import { choreographies, serviceOf } from '@quickstep/system';
import type { Providers } from './providers.js';

/** Steps that a request starts. */
export const commandSteps: ReadonlySet<string> = new Set(
  choreographies.flatMap(({ steps }) => Object.keys(steps).filter((name) => steps[name]?.kind === 'command')),
);

/** The real steps of a service. @throws TypeError when there is no such service */
export function implementationOf(service: string, providers: Providers, orderDeadline: number): Implementation {
  return serviceOf(service).steps(providers, { orderDeadline });
}
