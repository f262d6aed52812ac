import { expect, test } from '@jest/globals';
import type { OperationsClient } from '../src/ops/client.js';
import { checkTypes } from '../src/ops/known-types.js';

/** An archive with one event of a type that is no longer declared. */
const archive: Pick<OperationsClient, 'json'> = {
  async json(_method, path) {
    return JSON.parse(JSON.stringify({ items: path.includes('type=order.renamed') ? [{}] : [] }));
  },
};

test('a type of earlier versions is known when the archive has it', async () => {
  await checkTypes(archive, 'order.created,order.renamed');
  await expect(checkTypes(archive, 'order.created,order.forgotten')).rejects.toThrow('"order.forgotten"');
  await expect(checkTypes(archive, 'order.created,')).rejects.toThrow('""');
});
