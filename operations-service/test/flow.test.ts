import { expect, test } from '@jest/globals';
import { OrderCompleted } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import type { Row } from '@quickstep/shared/rows';
import { happened } from '@quickstep/shared/testing';
import type { ReadEvent } from '../src/archive/index.js';
import { applyEvents } from '../src/projections/index.js';
import { flow } from '../src/read-models/index.js';

const at = (time: string): ReadEvent => ({
  event: { ...happened(OrderCompleted({ ...sampleOrder(), trackingNumber: 'T' })), time },
  time: new Date(time),
});

/** Applies each event in a batch of its own. */
async function rowsOf(events: readonly ReadEvent[]): Promise<unknown> {
  const rows = new Map<string, Row>();
  for (const event of events) {
    await applyEvents(flow, [event], {
      load: async (loads) => loads.map(({ keys }) => keys.map((key) => rows.get(String(key))).filter((row) => row !== undefined)),
      async write({ updates, inserts }) {
        for (const row of [...updates, ...inserts].flatMap((each) => each.rows)) rows.set(String(row.key), { ...row });
      },
    });
  }
  return [...rows.values()];
}

const before = at('2026-11-24T12:00:10Z');
const [first, second] = [at('2026-11-26T12:00:20Z'), at('2026-11-26T12:00:30Z')];

test.each([
  ['in order', [before, first, second]],
  ['late', [first, before, second]],
])('a minute takes the place of the one two days before, which comes %s', async (_, events) => {
  expect(await rowsOf(events)).toEqual([
    expect.objectContaining({ minute: Date.parse('2026-11-26T12:00:00Z') / 60_000, type: 'order.completed', events: 2 }),
  ]);
});
