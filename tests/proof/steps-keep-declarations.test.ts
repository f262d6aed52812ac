import { expect, test } from '@jest/globals';
import { choreographies } from '@quickstep/system';
import { DeclaredRun } from '@quickstep/system/proof';
import { randomFrom } from '../../tools/src/chaos/random.js';
import { RandomSaga } from '../support/random-saga.js';

/** Sagas of the real steps, in random orders of arrival, with copies, late effects, cancellations and deadlines. */
test('steps end only where their declarations say that they may', async () => {
  const run = new DeclaredRun(choreographies);
  const departures = new Set<string>();
  const seen = new Set<string>();
  for (let seed = 1; seed <= 600; seed += 1) {
    const saga = new RandomSaga(run, randomFrom(seed).below);
    await saga.moves(60);
    for (const each of saga.departures) departures.add(each);
    for (const each of saga.seen) seen.add(each);
  }
  expect([...departures]).toEqual([]);
  const rare = ['chargePayment.late', 'chargePayment.chargedTwice', 'refundPayment.refundedLate', 'bookShipment.late'];
  expect([...seen]).toEqual(
    expect.arrayContaining([...rare, 'bookShipment.bookedTwice', 'reserveStock.overtaken', 'trackOrder.alreadyEnded']),
  );
});
