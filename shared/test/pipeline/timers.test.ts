import { expect, test } from '@jest/globals';
import { type AnyStep, due, outcome } from '@quickstep/shared/choreography';
import { change } from '@quickstep/shared/rows';
import { Dishes, kitchen } from './kitchen.js';
import { ending, pipelineOver } from './ports.js';

const EVERY = 1_000;
const ALL = 450;

/** Eats what is cold, unless it is told to leave it as it is. */
function service(eats: boolean) {
  const cool: AnyStep = {
    due: due(Dishes, 'coldAt'),
    rows: ({ subject }) => ({ dish: Dishes.existing(subject) }),
    decide: (_firing, { dish }) => {
      if (eats && typeof dish === 'object' && dish !== null && 'coldAt' in dish) change(dish, { coldAt: null });
      return outcome('eaten');
    },
  };
  const rest = ending('repeated');
  const steps = { cook: rest, clean: rest, refuse: ending('refused'), watch: ending('seen'), hire: rest, cool };
  const world = pipelineOver(kitchen, steps, { timersEvery: EVERY });
  for (let each = 0; each < ALL; each++) {
    world.store.put(Dishes, { dish: `dish ${each}`, plates: 0, note: null, coldAt: new Date(0) });
  }
  const looked = { times: 0 };
  world.store.onDue = () => {
    if (++looked.times > 10) throw new Error('it looks again and again');
  };
  world.pipeline.start();
  return { ...world, looked };
}

const fired = (lines: readonly string[]) => lines.filter((line) => line === 'cool done eaten').length;

test('timers fire for all rows that are due, page after page', async () => {
  const { clock, reports } = service(true);
  await clock.advance(EVERY);
  expect(fired(reports.lines)).toBe(ALL);
});

test('a full page of rows that stay due is looked at once more, then not before the next time', async () => {
  const { clock, reports, looked } = service(false);
  await clock.advance(EVERY);
  expect([looked.times, fired(reports.lines)]).toEqual([2, 200]);
  await clock.advance(EVERY);
  expect(looked.times).toBe(4);
});
