import { describe, expect, test } from '@jest/globals';
import { Busy, Conflict } from '@quickstep/shared/pipeline';
import { CONFLICTS_BEFORE_HALVING, fates, names, service } from './dinner.js';
import { Cooked, Dishes, deliveryOf } from './kitchen.js';

describe('a batch that cannot be written is cut in halves', () => {
  const dishes = Array.from({ length: 64 }, (_, index) => `dish ${index}`);

  test.each([0, 31, 32, 63])('until the one that is bad, number %d, stands alone; the others commit', async (bad) => {
    const { order, store, plates, reports } = service();
    store.onCommit = ({ inserts }) => {
      if (inserts.some(({ rows }) => rows.some(({ dish }) => dish === `dish ${bad}`))) throw new RangeError('check violated');
    };
    const messages = await order(...dishes);
    expect(fates(messages)).toEqual(dishes.map((_, index) => (index === bad ? 'retry: check violated,ack' : 'ack')));
    expect(dishes.filter((dish) => plates(dish) !== 1)).toEqual([`dish ${bad}`]);
    // The whole, then two halves at each of six levels.
    expect(store.begun).toBe(1 + 2 * Math.log2(dishes.length));
    expect(reports.conflicts).toBe(0);
  });

  test('in which a locked row is a transient failure of the work that wants it', async () => {
    const { order, store } = service();
    store.onBegin = (_claims, loads) => {
      if (names(loads).includes('dish 5')) throw new Busy('the row is locked');
    };
    const messages = await order(...dishes);
    expect(messages[5]?.fate).toEqual(['retry: the row is locked', 'ack']);
    expect(messages.filter(({ fate }) => fate.join() === 'ack')).toHaveLength(63);
    // The whole twice, and then as above.
    expect(store.begun).toBe(2 + 2 * Math.log2(dishes.length));
  });

  test('not before it has been tried again as it is, when something took too long and nobody knows what', async () => {
    const { order, store } = service();
    store.onBegin = () => {
      if (store.begun === 1) throw new Busy('a claim is locked');
    };
    const messages = await order(...dishes);
    expect(fates(messages)).toEqual(dishes.map(() => 'ack'));
    expect(store.begun).toBe(2);
  });

  test('whose halves are not tried again: as long as the claims of all are locked each would wait anew', async () => {
    const { order, store } = service();
    store.onBegin = () => {
      throw new Busy('a claim is locked');
    };
    const messages = await order(...dishes);
    expect(fates(messages)).toEqual(dishes.map(() => 'retry: a claim is locked,ack'));
    // The whole once more than a tree of halves down to each of them.
    expect(store.begun).toBe(1 + 2 * dishes.length - 1);
  });

  test('in which work that cannot say which rows it wants does not wait for a locked one', async () => {
    const { order, store } = service();
    store.onBegin = (_claims, loads) => {
      if (names(loads).includes('soup')) throw new Busy('the row is locked', [{ table: Dishes, keys: ['soup'] }]);
    };
    const messages = await order('soup', 'without rows', 'salad');
    expect(fates(messages)).toEqual(['retry: the row is locked,ack', 'retry: it has no rows,ack', 'ack']);
    expect(store.begun).toBe(2);
  });

  test("in which a locked row of another table is nobody's", async () => {
    const { order, store } = service();
    const other = { ...Dishes, name: 'cooks' };
    store.onBegin = (_claims, loads) => {
      if (names(loads).includes('soup')) throw new Busy('the row is locked', [{ table: other, keys: ['soup', 'salad'] }]);
    };
    const messages = await order('soup', 'salad');
    expect(fates(messages)).toEqual(['retry: the row is locked,ack', 'ack']);
    expect(store.begun).toBe(4);
  });

  test('unless it is known which row is locked: all work that wants it fails at once, and the rest is one batch again', async () => {
    const { deliver, store } = service();
    store.onBegin = (_claims, loads) => {
      if (names(loads).includes('soup')) throw new Busy('the row is locked', [{ table: Dishes, keys: ['soup'] }]);
    };
    const messages = dishes.map((dish, index) => deliveryOf(Cooked, index % 2 === 0 ? 'soup' : dish));
    await deliver(...messages);
    expect(fates(messages)).toEqual(dishes.map((_, index) => (index % 2 === 0 ? 'retry: the row is locked,ack' : 'ack')));
    expect(store.begun).toBe(2);
  });

  test('and a command that wants a locked row is told so, while another goes on', async () => {
    const { command, store } = service();
    store.onBegin = (_claims, loads) => {
      if (names(loads).includes('ada')) throw new Busy('the row is locked');
    };
    const answers = await Promise.allSettled([command('ada'), command('grace')]);
    expect(answers).toMatchObject([
      { status: 'rejected', reason: { name: 'Busy' } },
      { status: 'fulfilled', value: { accepted: true } },
    ]);
  });
});

describe('a batch with another transaction in its way', () => {
  test('is attempted again as it is', async () => {
    const { order, store, plates, reports } = service();
    let conflicts = 0;
    store.onCommit = () => {
      if (conflicts++ < CONFLICTS_BEFORE_HALVING) throw new Conflict('in the way');
    };
    const messages = await order('soup', 'salad');
    expect(fates(messages)).toEqual(['ack', 'ack']);
    expect([plates('soup'), store.begun, reports.conflicts]).toEqual([1, CONFLICTS_BEFORE_HALVING + 1, CONFLICTS_BEFORE_HALVING]);
    expect(reports.batches).toEqual([2]);
  });

  test('for ever is cut in halves, and what stands alone in the end has failed', async () => {
    const { order, store } = service();
    store.onCommit = ({ inserts }) => {
      if (inserts.some(({ rows }) => rows.some(({ dish }) => dish === 'soup'))) throw new Conflict('in the way');
    };
    const messages = await order('soup', 'salad');
    expect(fates(messages)).toEqual(['retry: in the way,ack', 'ack']);
    expect(store.begun).toBe(2 * (CONFLICTS_BEFORE_HALVING + 1) + 1);
  });
});
