import { operations } from '@quickstep/operations-service/choreography';
import { emittedBy } from '@quickstep/shared/choreography';
import { choreographies } from '@quickstep/system';
import { Problem } from '../problem.js';
import type { OperationsClient } from './client.js';

/** Every type of event that is declared. */
const declaredTypes = [...new Set([...choreographies, operations].flatMap(emittedBy).map(({ type }) => type))].sort();

/**
 * Finds types that nobody has ever emitted: neither declared now nor in the archive, which may hold types of earlier versions.
 *
 * @param given types, separated by commas
 * @throws Problem that names the unknown ones and those that there are
 */
export async function checkTypes(client: Pick<OperationsClient, 'json'>, given: string): Promise<void> {
  const unknown: string[] = [];
  for (const type of given.split(',').filter((each) => !declaredTypes.includes(each))) {
    const query = new URLSearchParams({ type, limit: '1' });
    const archived = type === '' ? [] : (await client.json<{ items: unknown[] }>('GET', `/events?${query}`)).items;
    if (archived.length === 0) unknown.push(type);
  }
  if (unknown.length === 0) return;
  const named = unknown.map((type) => `"${type}"`).join(', ');
  throw new Problem(`--type: no event is of type ${named}. There are:\n${declaredTypes.map((type) => `  ${type}`).join('\n')}`);
}
