import { expect, test } from '@jest/globals';
import { choreography, effectStep, implement, outcome, step } from '@quickstep/shared/choreography';
import { InventoryReserved, PaymentCompleted, ShippingShipped } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { type CloudEvent, exchangeOf } from '@quickstep/shared/events';
import { Pipeline } from '@quickstep/shared/pipeline';
import { happened } from '@quickstep/shared/testing';
import { silent } from './silent.js';

const declared = choreography('library-service', {
  note: { on: [ShippingShipped], outcomes: { noted: [] } },
  goOn: { on: [InventoryReserved], outcomes: { paid: [PaymentCompleted], repeated: [] } },
  call: { on: [PaymentCompleted], effect: 'the outside', outcomes: { called: [] } },
});

const { orderId, items, ...order } = sampleOrder();
const noted = () => happened(ShippingShipped({ orderId, items, trackingNumber: 'TRACK-1' }));
const awaited = () => happened(InventoryReserved({ orderId, items, ...order }));
const called = () => happened(PaymentCompleted({ orderId, items, ...order, chargeId: 'ch_1' }));

/** Every microtask that is due has run. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A pipeline over steps that touch nothing, in which no time passes. */
function timeless(prefetch: number) {
  let answer = () => {};
  const rows = () => ({});
  const effect = () =>
    new Promise<void>((resolve) => {
      answer = resolve;
    });
  const steps = implement(declared, [
    step(declared, 'note', { rows, decide: () => outcome('noted') }),
    step(declared, 'goOn', { rows, decide: () => outcome('repeated') }),
    effectStep(declared, 'call', { rows, effect, decide: () => outcome('called') }),
  ]);
  const pipeline = new Pipeline(steps, {
    store: {
      begin: async (claims) => ({ claimed: claims.map(() => true), rows: [], commit: async () => {}, rollback: async () => {} }),
      handled: async () => [],
      takeUnpublished: async () => [],
      updateOutbox: async () => {},
      due: async () => [],
    },
    publisher: { publish: async () => [] },
    clock: { now: () => new Date(0), elapsed: () => 0, after: () => () => {} },
    newId: () => 'id',
    observer: silent,
    retryDelays: [1_000],
    effectBreaker: { calls: 20, probeAfter: 5_000 },
    batchLimit: 10,
    linger: 60,
    prefetch,
    effectTimeout: 1_000,
    effectConcurrency: 10,
    commandLimit: 10,
    sweepEvery: 1_000,
    sweepAfter: 1_000,
    timersEvery: 1_000,
  });
  let acknowledged = 0;
  const never = async () => {
    throw new Error('Nothing is put aside here');
  };
  const deliver = async (event: CloudEvent) => {
    const ack = () => void acknowledged++;
    const requeue = () => void never();
    const { type } = event;
    const came = { batched: false, exchange: exchangeOf(type), routingKey: type, repeated: false, attempt: 0 };
    pipeline.deliver({ body: JSON.stringify(event), ...came, ack, requeue, retry: never, park: never });
    await settled();
  };
  const answered = async () => {
    answer();
    await settled();
  };
  return { deliver, answered, acknowledged: () => acknowledged };
}

test.each([
  ['for one from which something does', 100, awaited],
  ['no longer once the broker hands out no more', 2, noted],
])('an event from which nothing follows waits %s', async (_, prefetch, next) => {
  const { deliver, acknowledged } = timeless(prefetch);
  await deliver(noted());
  expect(acknowledged()).toBe(0);
  await deliver(next());
  expect(acknowledged()).toBe(2);
});

test('effects under way will lead to more although the broker hands out none', async () => {
  const { deliver, answered, acknowledged } = timeless(2);
  await deliver(called());
  await deliver(noted());
  expect(acknowledged()).toBe(0);
  await answered();
  expect(acknowledged()).toBe(2);
});
