import { describe, expect, test } from '@jest/globals';
import { Undo } from '../../src/service/undo.js';

describe('Undo', () => {
  test('gives back in reverse order, once', async () => {
    const order: string[] = [];
    const undo = new Undo();
    for (const name of ['database', 'broker', 'server']) undo.add(name, () => order.push(name));
    expect(await undo.run(1_000)).toEqual([]);
    await undo.run(1_000);
    expect(order).toEqual(['server', 'broker', 'database']);
  });

  test('names what failed and what hangs, tells the hanging to give up, and goes on', async () => {
    const done: string[] = [];
    const undo = new Undo();
    undo.add('database', () => done.push('database'));
    undo.add('broker', () => Promise.reject(new Error('gone')));
    undo.add('server', (signal) => {
      signal.addEventListener('abort', () => done.push('server gave up'));
      return new Promise(() => {});
    });
    expect(await undo.run(0)).toEqual([
      { name: 'server', reason: 'it took more than 100 ms' },
      { name: 'broker', reason: 'gone' },
    ]);
    expect(done).toEqual(['server gave up', 'database']);
  });
});
