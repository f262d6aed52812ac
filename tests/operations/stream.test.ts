import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CloudEvent } from '@quickstep/shared/events';
import { Operations, secretFile } from '../support/operations.js';
import { openShop, type Shop } from '../support/shop.js';

const secret = secretFile();
let shop: Shop;
let operations: Operations;
beforeAll(async () => {
  shop = await openShop(secret.env);
  operations = await Operations.open(shop, secret.env);
});
afterAll(async () => {
  await operations.close();
  await shop.close();
  secret.remove();
});

interface Told {
  readonly id: number;
  readonly event: CloudEvent;
}

/** Reads server-sent events. */
class Listener {
  readonly #chunks: AsyncIterator<string>;
  #rest = '';

  private constructor(response: Response) {
    if (response.body === null) throw new Error('The stream has no body');
    this.#chunks = response.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  }

  static async open(path: string, headers?: Readonly<Record<string, string>>): Promise<Listener> {
    const response = await operations.open(path, headers);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const listener = new Listener(response);
    // Whoever is told this misses nothing from now on.
    expect(await listener.block()).toBe(': listening');
    return listener;
  }

  /** The next event; undefined when the stream has ended. */
  async next(): Promise<Told | undefined> {
    let block = await this.block();
    while (block?.startsWith(':')) block = await this.block();
    if (block === undefined) return undefined;
    const [, id, data] = /^id: (\d+)\ndata: (.*)$/.exec(block) ?? [];
    return { id: Number(id), event: JSON.parse(data ?? '').event };
  }

  async until(type: string): Promise<Told[]> {
    const told: Told[] = [];
    while (told.at(-1)?.event.type !== type) {
      const next = await this.next();
      if (next === undefined) throw new Error(`The stream ended before ${type}`);
      told.push(next);
    }
    return told;
  }

  /** What comes until all events of these ids have. */
  async all(ids: readonly string[]): Promise<Told[]> {
    const open = new Set(ids);
    const told: Told[] = [];
    while (open.size > 0) {
      const next = await this.next();
      if (next === undefined) throw new Error(`The stream ended before ${open.size} events`);
      told.push(next);
      open.delete(next.event.id);
    }
    return told;
  }

  /** The next block, a comment too. */
  async block(): Promise<string | undefined> {
    while (!this.#rest.includes('\n\n')) {
      const { done, value } = await this.#chunks.next();
      if (done) return undefined;
      this.#rest += value;
    }
    const [block = '', ...more] = this.#rest.split('\n\n');
    this.#rest = more.join('\n\n');
    return block;
  }
}

test('tells listeners what they asked for as it comes, and goes on where one was', async () => {
  const everything = await Listener.open('/events/stream');
  const endings = await Listener.open('/events/stream?type=order.completed,order.cancelled');
  const first = await shop.place();
  await shop.ended(first.id);
  await shop.settled();
  const told = await everything.all(shop.spy.about(first.id).map(({ id }) => id));
  expect(told.map(({ id }) => id)).toEqual(told.map(({ id }) => id).toSorted((a, b) => a - b));
  expect(await endings.next()).toMatchObject({ event: { subject: first.id, type: 'order.completed' } });

  const second = await shop.place({ paymentMethod: 'pm_card_declined' });
  expect(await endings.next()).toMatchObject({ event: { subject: second.id, type: 'order.cancelled' } });
  const after = told.slice(3);
  const again = await Listener.open('/events/stream', { 'last-event-id': String(told[2]?.id) });
  expect((await again.all(after.map(({ event }) => event.id))).map(({ id }) => id)).toEqual(after.map(({ id }) => id));
});

test('a position that was never given out keeps nothing back', async () => {
  const ahead = await Listener.open('/events/stream', { 'last-event-id': '999999999999999' });
  const { id } = await shop.place();
  expect((await ahead.until('order.created')).at(-1)?.event.subject).toBe(id);
});

test('a reader of much, and slow, gets all of it', async () => {
  const slow = await Listener.open('/events/stream', { 'last-event-id': '0' });
  const ids = await Promise.all(Array.from({ length: 150 }, () => shop.place().then(({ id }) => id)));
  await Promise.all(ids.map((id) => shop.ended(id)));
  const open = new Set(ids);
  const seen: number[] = [];
  while (open.size > 0) {
    const next = await slow.next();
    if (next === undefined) throw new Error('The stream ended');
    seen.push(next.id);
    if (next.event.type === 'notification.sent') open.delete(next.event.subject);
  }
  expect(seen).toEqual(Array.from(new Set(seen)).toSorted((a, b) => a - b));
});

test('tells that something has come, and not what', async () => {
  const arrivals = await Listener.open('/events/arrivals');
  await shop.place();
  expect(await arrivals.block()).toBe('data: arrived');
});

test.each(['/events/stream?type=none', '/events/arrivals'])(
  '%s ends when the service stops, which waits for nobody',
  async (path) => {
    const listener = await Listener.open(path);
    const ended = listener.next();
    await operations.restart();
    expect(await ended).toBeUndefined();
  },
);

test('tells nothing personal', async () => {
  const everything = await Listener.open('/events/stream?type=order.created');
  await shop.place();
  expect(JSON.stringify(await everything.next())).toMatch(/"email":"\*\*\* \(\d+ characters\)"/);
});
