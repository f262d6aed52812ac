import { expect, test } from '@jest/globals';
import { IntakeGate } from '../../src/pipeline/intake.js';
import { settled } from './time.js';

test('a gate stops its intake once while it is closed, and lets go on all that wait when it opens', async () => {
  const told: string[] = [];
  const gate = new IntakeGate({ pause: () => void told.push('pause'), resume: () => void told.push('resume') });
  gate.open();
  expect([gate.opens, told]).toEqual([undefined, []]);
  gate.close();
  void gate.opens?.then(() => told.push('first'));
  gate.close();
  void gate.opens?.then(() => told.push('second'));
  await settled();
  expect(told).toEqual(['pause']);
  gate.open();
  gate.open();
  expect(gate.opens).toBeUndefined();
  await settled();
  expect(told).toEqual(['pause', 'resume', 'first', 'second']);
});
