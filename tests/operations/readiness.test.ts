import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Operations, secretFile } from '../support/operations.js';
import { until } from '../support/until.js';

const secret = secretFile();
let operations: Operations;
beforeAll(async () => {
  operations = await Operations.alone(secret.env);
});
afterAll(async () => {
  await operations.close();
  secret.remove();
});

// The launcher waits for it before it starts the service that begins the sagas: it must not wait for that one in turn.
test('a service that cannot be followed is named, and does not keep this one from being ready', async () => {
  const answer = await until(
    async () => {
      const { status, body } = await operations.call<{ failing?: { name: string; of: string }[] }>('GET', '/health/ready');
      return body.failing?.some(({ name }) => name === 'archive') ? { status, body } : undefined;
    },
    () => 'Readiness does not name the archive',
  );
  expect(answer.status).toBe(200);
  expect(answer.body.failing).toContainEqual(expect.objectContaining({ name: 'archive', of: 'following' }));
});
