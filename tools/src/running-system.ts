import { join } from 'node:path';
import { claimant } from './claim.js';
import { stateDirectory } from './paths.js';
import { type Service, urlOf } from './services.js';

/** Where a service is reached: as the environment says, else where the `npm start` that runs from this checkout has it. */
export function reachedAt(service: Service, directory = join(stateDirectory, 'start')): string {
  const { env } = process;
  const told = [`${service.prefix}_URL`, 'SERVICE_URLS', `${service.prefix}_PORT`, 'PORT_OFFSET', 'HOST'].some(
    (name) => env[name],
  );
  return (told ? undefined : claimant(directory)?.urls?.[service.name]) ?? urlOf(service);
}
