import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytesOf, type HostileRequest, hostileRequest, isIncomplete } from './support/hostile-requests.js';
import { exchange, type RawAnswer } from './support/raw-http.js';
import { openShop, type Shop } from './support/shop.js';

/** `HOSTILE_REQUESTS=20000 npx jest tests/hostile-requests` sends that many. */
const REQUESTS = Number(process.env.HOSTILE_REQUESTS ?? 3_000);
const AT_ONCE = 8;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

function whatIsWrongWith({ status, headers, body }: RawAnswer, { method }: HostileRequest): string | undefined {
  if (status >= 500) return `${status}: ${body}`;
  if (status < 400) return undefined;
  if (headers.get('content-type') !== 'application/problem+json') return `${status} is no problem document`;
  if (method === 'HEAD' && body === '') return undefined;
  const problem = JSON.parse(body);
  const named = problem.status === status && typeof problem.code === 'string' && typeof problem.detail === 'string';
  return named && body.length < 65_536 ? undefined : `${status} says ${body.slice(0, 500)}`;
}

test(`${REQUESTS} hostile requests: no answer of 5xx, every refusal a problem document, and a good order after them`, async () => {
  const statuses = new Map<number, number>();
  let slowest = 0;
  const together = fc.array(hostileRequest, { minLength: AT_ONCE, maxLength: AT_ONCE });
  await fc.assert(
    fc.asyncProperty(together, async (requests) => {
      const exchanges = await Promise.all(
        requests.map((each) => exchange(shop.service(each.service).url, bytesOf(each), isIncomplete(each))),
      );
      for (const [index, { answers, milliseconds = 0 }] of exchanges.entries()) {
        const request = requests[index];
        if (request === undefined) continue;
        slowest = Math.max(slowest, milliseconds);
        for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
        const wrong = answers.map((answer) => whatIsWrongWith(answer, request)).find((each) => each !== undefined);
        const fault = wrong ?? (!isIncomplete(request) && answers.length === 0 ? 'no answer' : undefined);
        if (fault !== undefined)
          throw new Error(`${fault}\n${JSON.stringify(String(Buffer.concat(bytesOf(request)).subarray(0, 2_000)))}`);
      }
    }),
    { numRuns: Math.ceil(REQUESTS / AT_ONCE), endOnFailure: REQUESTS > 5_000 },
  );
  if (process.env.HOSTILE_REQUESTS !== undefined)
    process.stdout.write(`slowest ${slowest.toFixed(0)} ms; ${JSON.stringify(Object.fromEntries([...statuses].sort()))}\n`);
  // They reach deep enough to be accepted, too.
  for (const status of [200, 202, 400, 403, 404, 405, 413, 415, 421, 422, 431]) expect([...statuses.keys()]).toContain(status);
  for (const name of ['order', 'inventory'] as const)
    expect(await shop.call(name, 'GET', '/health/ready')).toMatchObject({ status: 200 });
  await shop.fill('SKU-1', { unitPrice: 1_000, onHand: 1_000_000 });
  const { id } = await shop.place();
  expect(await shop.ended(id)).toBe('COMPLETED');
});
