import { describe, expect, test } from '@jest/globals';
import { ShutdownStack } from '../../src/service/shutdown-stack.js';

describe('ShutdownStack', () => {
  test('gives back in reverse order, once', async () => {
    const order: string[] = [];
    const stack = new ShutdownStack();
    for (const name of ['database', 'broker', 'server']) stack.add(name, () => order.push(name));
    expect(await stack.run(1_000)).toEqual([]);
    await stack.run(1_000);
    expect(order).toEqual(['server', 'broker', 'database']);
  });

  test('names what failed and what hangs, tells the hanging to give up, and goes on', async () => {
    const done: string[] = [];
    const stack = new ShutdownStack();
    stack.add('database', () => done.push('database'));
    stack.add('broker', () => Promise.reject(new Error('gone')));
    stack.add('server', (signal) => {
      signal.addEventListener('abort', () => done.push('server gave up'));
      return new Promise(() => {});
    });
    expect(await stack.run(0)).toEqual([
      { name: 'server', reason: 'it took more than 100 ms' },
      { name: 'broker', reason: 'gone' },
    ]);
    expect(done).toEqual(['server gave up', 'database']);
  });
});
