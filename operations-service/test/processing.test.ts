import { expect, test } from '@jest/globals';
import { processingOf } from '../src/dead-letters/processing.js';

const since = new Date('2026-06-01T00:00:00Z');
const before = new Date('2026-05-01T00:00:00Z');
const after = new Date('2026-06-02T00:00:00Z');
const about = { service: 'payment-service', step: 'chargePayment' };
const another = { step: 'refundPayment', handledAt: after.toISOString() };
const letter = { id: 'a', ...about, changedAt: before };

test.each([
  ['UNPROCESSED', after, [], []],
  ['IN_PROGRESS', after, [another], []],
  [undefined, before, [], []],
  [undefined, before, [another], []],
  ['ERROR', before, [], [{ ...letter, state: 'parked' }]],
  ['FAILED', before, [], [{ ...letter, state: 'discarded' }]],
  [undefined, before, [], [{ ...letter, state: 'redriven' }]],
  ['RETRY', before, [], [{ ...letter, state: 'redriven', changedAt: after }]],
  ['COMPLETED', before, [{ step: about.step, handledAt: after.toISOString() }], [{ ...letter, state: 'redriven' }]],
])('%s: an event of %s, of which its service says %j, with dead letters %j', (status, time, handled, letters) => {
  const found = processingOf({ ...about, time }, { handled, since }, letters);
  expect(found.status).toBe(status);
  expect(found.detail).toEqual(status === undefined ? expect.stringContaining('no longer known') : undefined);
});

test('of a service that cannot be asked only what was parked is known', () => {
  const found = [[], [{ ...letter, state: 'parked' }], [{ ...letter, state: 'redriven' }]].map((letters) =>
    processingOf({ ...about, time: after }, undefined, letters),
  );
  expect(found.map(({ status, detail }) => status ?? detail)).toEqual(['the service cannot be asked', 'ERROR', 'RETRY']);
});
