import { expect, test } from '@jest/globals';
import { InventoryReserved, ShippingShipped } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import type { Fate, OutboxEntry, OutboxUpdate, OutgoingEvent } from '@quickstep/shared/pipeline';
import { happened } from '@quickstep/shared/testing';
import { Relay } from '../../src/pipeline/stages/publish.js';
import { Cooked, deliveryOf, kitchen, Noted } from './kitchen.js';
import { ending, pipelineOver } from './pipeline-over.js';
import { silent } from './silent.js';

const { orderId, items, ...order } = sampleOrder();

const outgoing = (event: OutgoingEvent['event']): OutgoingEvent => ({ event, body: JSON.stringify(event), final: false });
const reserved = () => outgoing(happened(InventoryReserved({ orderId, items, ...order })));
const shipped = () => outgoing(happened(ShippingShipped({ orderId, items, trackingNumber: 'TRACK-1' })));

/** Every microtask that is due has run. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A relay whose time passes when told to, over an outbox that hands out the given pages, and a broker with this fate for each type. */
function relayOver(pages: OutboxEntry[][], fateOf: (type: string) => Fate) {
  let now = 0;
  let timers: { readonly at: number; readonly action: () => void }[] = [];
  const taken: number[] = [];
  const updates: OutboxUpdate[] = [];
  const relay = new Relay({
    store: {
      begin: async () => {
        throw new Error('The relay begins no batch');
      },
      handled: async () => [],
      takeUnpublished: async () => {
        const page = pages.shift() ?? [];
        taken.push(page.length);
        return page;
      },
      updateOutbox: async (update) => void updates.push(update),
      due: async () => [],
    },
    publisher: { publish: async (events) => events.map(({ event }) => fateOf(event.type)) },
    clock: {
      elapsed: () => now,
      after: (milliseconds, action) => {
        const timer = { at: now + milliseconds, action };
        timers.push(timer);
        return () => {
          timers = timers.filter((each) => each !== timer);
        };
      },
    },
    observer: silent,
    sweepAfter: 10_000,
    sweepEvery: 1_000,
  });
  const pass = async (milliseconds: number) => {
    now += milliseconds;
    const due = timers.filter(({ at }) => at <= now);
    timers = timers.filter(({ at }) => at > now);
    for (const { action } of due) action();
    await settled();
  };
  return { relay, pass, taken, updates };
}

const entry = (id: string, ...events: OutgoingEvent[]): OutboxEntry => ({ id, events });

test('a sweep goes on until nothing is left', async () => {
  const { relay, pass, taken } = relayOver([[entry('1', reserved())], [entry('2', reserved())]], () => 'confirmed');
  relay.start();
  await pass(0);
  expect(taken).toEqual([1, 1, 0]);
});

test('with the broker away a sweep takes one page, and nothing is written about it', async () => {
  const { relay, pass, taken, updates } = relayOver([[entry('1', reserved())], [entry('2', reserved())]], () => 'failed');
  relay.start();
  await pass(0);
  expect([taken, updates]).toEqual([[1], []]);
  await pass(1_000);
  expect(taken).toEqual([1, 1]);
});

test('an entry that no queue wants is postponed, and keeps only what is left of it', async () => {
  const [wanted, unwanted] = [reserved(), shipped()];
  const { relay, updates } = relayOver([], (type) => (type === ShippingShipped.type ? 'returned' : 'confirmed'));
  relay.publish(entry('1', wanted, unwanted));
  relay.publish(entry('2', unwanted));
  await settled();
  expect(updates).toEqual([
    { deleted: [], updated: [entry('1', unwanted)], postponed: ['1'] },
    { deleted: [], updated: [], postponed: ['2'] },
  ]);
});

test('a type counts as unroutable until an event of it is confirmed, or none comes back for a while', async () => {
  let fate: Fate = 'returned';
  const { relay, pass } = relayOver([], () => fate);
  relay.publish(entry('1', shipped()));
  await settled();
  expect(relay.unroutable).toEqual([ShippingShipped.type]);
  await pass(119_000);
  expect(relay.unroutable).toEqual([ShippingShipped.type]);
  await pass(1_000);
  expect(relay.unroutable).toEqual([]);
  relay.publish(entry('1', shipped()));
  await settled();
  expect(relay.unroutable).toEqual([ShippingShipped.type]);
  fate = 'confirmed';
  relay.publish(entry('1', shipped()));
  await settled();
  expect(relay.unroutable).toEqual([]);
});

test('trouble with the outbox is told, and loses nothing', async () => {
  const { store, pipeline, deliver, clock, reports, publisher } = pipelineOver(kitchen, {
    ...{ cook: ending('repeated'), clean: ending('repeated'), refuse: ending('refused'), hire: ending('known') },
    ...{ watch: ending('seen', Noted({ dish: 'soup' })), cool: ending('eaten') },
  });
  let away = true;
  const fail = () => {
    if (away) throw new Error('no connection');
  };
  store.onClear = fail;
  store.onUnpublished = fail;
  await deliver(deliveryOf(Cooked));
  pipeline.start();
  await clock.advance(1_000);
  const troubles = reports.lines.filter((line) => line.endsWith('Error no connection'));
  expect(new Set(troubles)).toEqual(
    new Set(['the outbox could not be updated: Error no connection', 'the outbox could not be swept: Error no connection']),
  );
  expect([store.outbox.size, publisher.published.length]).toEqual([1, 1]);
  away = false;
  await clock.advance(1_000);
  await pipeline.stop();
  // Swept, published once more, confirmed and deleted.
  expect([store.outbox.size, publisher.published.length]).toEqual([0, 2]);
});
