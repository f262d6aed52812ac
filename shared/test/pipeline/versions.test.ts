import { describe, expect, test } from '@jest/globals';
import { choreography, outcome } from '@quickstep/shared/choreography';
import { earlier, event } from '@quickstep/shared/events';
import type { Fate, OutgoingEvent } from '@quickstep/shared/pipeline';
import { Type } from '@sinclair/typebox';
import { inAllMajors, sideBySide } from '../../src/pipeline/side-by-side.js';
import { ending, eventOf, pipelineOver } from './pipeline-over.js';
import { Message } from './ports.js';

const dish = { dish: Type.String() };
const casts = {
  upcast: (data: { dish: string }) => {
    if (data.dish === 'broken') throw new Error('no such dish');
    return { ...data, plates: data.dish === 'crumbs' ? -1 : 1 };
  },
};
const common = { description: 'A dish is wanted.', subject: 'dish', dataversion: '2.0' } as const;
const now = Type.Object({ ...dish, plates: Type.Integer({ minimum: 0 }) });
const Ordered = event('table.ordered', now, { ...common, earlier: [earlier('1.0', Type.Object(dish), casts)] });
const Cooked = event('kitchen.cooked', Type.Object(dish), { description: 'A dish is ready.', subject: 'dish' });
const cook = { on: [Ordered], outcomes: { cooked: [] } };

/** A service that notes what its step sees. */
function kitchen() {
  const seen: unknown[] = [];
  const step = {
    ...ending('cooked'),
    decide: ({ data, ...rest }: { data: unknown; dataversion?: string }) => {
      seen.push([rest.dataversion, data]);
      return outcome('cooked');
    },
  };
  return { seen, ...pipelineOver(choreography('kitchen-service', { cook }), { cook: step }) };
}

const message = (dataversion: string, data: object, changes: object = {}) => {
  const current = eventOf(Ordered, Ordered({ dish: 'soup', plates: 0 }));
  return new Message(JSON.stringify({ ...current, data: { dish: 'soup', ...data }, dataversion, ...changes }), Ordered.type);
};
const parkedFor = ({ fate }: Message) => String(fate);

describe('an event of the current major', () => {
  test('reaches the step as it came, whatever its minor, with fields that nobody knows', async () => {
    const { seen, deliver } = kitchen();
    await deliver(message('2.0', { plates: 2 }), message('2.9', { plates: 3, salt: true }));
    expect(seen).toEqual([
      ['2.0', { dish: 'soup', plates: 2 }],
      ['2.9', { dish: 'soup', plates: 3, salt: true }],
    ]);
  });
});

describe('an event of an older major', () => {
  test('is checked by its own contract, and lifted', async () => {
    const { seen, deliver } = kitchen();
    const [old, wrong] = [message('1.3', { salt: true }), message('1.0', { dish: 7 })];
    await deliver(old, wrong);
    expect(seen).toEqual([['2.0', { dish: 'soup', plates: 1, salt: true }]]);
    expect(old.fate).toEqual(['ack']);
    expect(parkedFor(wrong)).toContain('table.ordered breaks its contract: /data/dish must be string');
  });

  test.each([
    ['broken', 'table.ordered 1.0 could not be lifted: no such dish'],
    ['crumbs', 'table.ordered 1.0 could not be lifted to 2.0: /data/plates must be >= 0'],
  ])('that cannot be lifted is parked, with the reason: %s', async (name, reason) => {
    const { seen, deliver } = kitchen();
    const old = message('1.0', { dish: name }, { subject: name });
    await deliver(old);
    expect([seen, parkedFor(old)]).toEqual([[], expect.stringContaining(reason)]);
  });
});

describe('an event of an unknown major', () => {
  test('is parked with a reason that says so, not as one that breaks its contract', async () => {
    const { deliver } = kitchen();
    const unknown = message('3.0', {});
    await deliver(unknown);
    expect(parkedFor(unknown)).toContain(
      'table.ordered 3.0 is of a major version that this service does not read; it reads majors 1, 2',
    );
    expect(parkedFor(unknown)).not.toContain('breaks');
  });

  test('is left out when a copy comes that can be read', async () => {
    const { seen, deliver } = kitchen();
    const [known, unknown] = [message('2.0', { plates: 1 }), message('3.0', {}, { dataversions: '3.0 2.0' })];
    await deliver(known, unknown);
    expect([known.fate, unknown.fate, seen.length]).toEqual([['ack'], ['ack'], 1]);
  });
});

test('an older version has a smaller major', () => {
  const wrong = { ...common, earlier: [earlier('2.0', Type.Object(dish), casts)] };
  expect(() => event('table.ordered', now, wrong)).toThrow('its major is no smaller');
});

describe('side by side', () => {
  const both = earlier('1.0', Type.Object(dish), { ...casts, downcast: ({ dish: name }) => ({ dish: name }) });
  const Twice = event('table.ordered', now, { ...common, earlier: [both] });
  const table = choreography('table-service', { ask: { on: [Cooked], outcomes: { again: [Twice] } } });

  async function published() {
    const ask = ending('again', Twice({ dish: 'soup', plates: 2 }));
    const { publisher, deliver } = pipelineOver(table, { ask });
    await deliver(new Message(JSON.stringify(eventOf(Cooked, Cooked({ dish: 'soup' }))), Cooked.type));
    return publisher.published.flat().map(({ event: each, body }) => ({ each, body }));
  }

  test('one event goes out in both majors, under one id, and each copy says so', async () => {
    const copies = await published();
    expect(copies.map(({ each }) => each)).toMatchObject([
      { dataversion: '2.0', dataversions: '2.0 1.0', data: { dish: 'soup', plates: 2 } },
      { dataversion: '1.0', dataversions: '2.0 1.0', data: { dish: 'soup' }, dataschema: 'urn:quickstep:table.ordered:1.0' },
    ]);
    expect(new Set(copies.map(({ each }) => each.id)).size).toBe(1);
    expect(copies.map(({ body }) => JSON.parse(body))).toEqual(copies.map(({ each }) => each));
  });

  test('a consumer of both handles it once', async () => {
    const { seen, deliver } = kitchen();
    for (const { body } of await published()) await deliver(new Message(body, Ordered.type));
    expect(seen).toHaveLength(1);
  });

  test('an event counts as confirmed once both of its copies are', async () => {
    const fates: Fate[] = ['confirmed', 'failed', 'confirmed', 'confirmed', 'returned', 'confirmed', 'confirmed', 'returned'];
    const broker = { publish: async () => fates };
    const outgoing = () => {
      const sent = eventOf(Twice, Twice({ dish: 'soup', plates: 2 }));
      return { event: sent, body: JSON.stringify(sent), final: false };
    };
    expect(await sideBySide(broker, [Twice]).publish([outgoing(), outgoing(), outgoing(), outgoing()])).toEqual([
      'failed',
      'confirmed',
      'returned',
      'returned',
    ]);
    expect(sideBySide(broker, [Ordered])).toBe(broker);
  });

  test('what an earlier version of the service has left behind goes out as it is', async () => {
    const now = eventOf(Twice, Twice({ dish: 'soup', plates: 2 }));
    const left = { ...now, dataversion: '1.0', data: { dish: 'soup' } };
    const outgoing = { event: left, body: JSON.stringify(left), final: false };
    expect(inAllMajors([Twice])?.(outgoing)).toEqual([outgoing]);
  });

  test('an event of another contract goes out as it is, and has its own fate', async () => {
    const [twice, once] = [eventOf(Twice, Twice({ dish: 'soup', plates: 2 })), eventOf(Cooked, Cooked({ dish: 'soup' }))];
    const sent: OutgoingEvent[] = [];
    const broker = {
      publish: async (events: readonly OutgoingEvent[]): Promise<Fate[]> => {
        sent.push(...events);
        return ['confirmed', 'confirmed', 'returned'];
      },
    };
    const outgoing = [twice, once].map((each) => ({ event: each, body: JSON.stringify(each), final: false }));
    expect(await sideBySide(broker, [Twice]).publish(outgoing)).toEqual(['confirmed', 'returned']);
    expect(sent).toHaveLength(3);
    expect(sent[2]).toEqual(outgoing[1]);
  });

  test('a downcast that makes nonsense is a bug of the step that emits, not of the publisher', () => {
    const nonsense = earlier('1.0', Type.Object(dish), { ...casts, downcast: () => JSON.parse('{"dish":7}') });
    const Broken = event('table.ordered', now, { ...common, earlier: [nonsense] });
    expect(() => eventOf(Broken, Broken({ dish: 'soup', plates: 1 }))).toThrow('/data/dish must be string in version 1.0');
  });
});
