import { describe, expect, test } from '@jest/globals';
import { InFlight } from '../../src/pipeline/in-flight.js';
import { settled } from './time.js';

describe('what is in flight is full', () => {
  test('when the broker hands out no more messages', () => {
    const inFlight = new InFlight(2);
    const seen = [inFlight.full];
    for (const happens of [inFlight.arrived, inFlight.arrived, inFlight.settled]) {
      happens.call(inFlight);
      seen.push(inFlight.full);
    }
    expect(seen).toEqual([false, false, true, false]);
  });

  test('but not while an effect is under way, which will lead to more', () => {
    const inFlight = new InFlight(1);
    inFlight.arrived();
    inFlight.effectBegun();
    inFlight.effectBegun();
    expect([inFlight.full, inFlight.effects]).toEqual([false, 2]);
    inFlight.effectEnded();
    expect([inFlight.full, inFlight.effects]).toEqual([false, 1]);
    inFlight.effectEnded();
    expect([inFlight.full, inFlight.effects]).toEqual([true, 0]);
  });
});

describe('it is empty', () => {
  test('at once when nothing has come', async () => {
    await expect(new InFlight(1).whenEmpty()).resolves.toBeUndefined();
  });

  test('once every message is settled, and tells everybody who asked', async () => {
    const inFlight = new InFlight(10);
    const told: string[] = [];
    inFlight.arrived();
    inFlight.arrived();
    for (const who of ['first', 'second']) void inFlight.whenEmpty().then(() => told.push(who));
    inFlight.settled();
    await settled();
    expect(told).toEqual([]);
    inFlight.settled();
    await settled();
    expect(told).toEqual(['first', 'second']);
    inFlight.arrived();
    inFlight.settled();
    await settled();
    expect(told).toEqual(['first', 'second']);
  });
});
