import { expect, test } from '@jest/globals';
import { explore } from '../../tools/src/simulation/exhaustive.js';
import { smallWorlds } from '../../tools/src/simulation/small-worlds.js';

/** Half a minute of processor time each at most: longer than anything else on a busy machine. */
const PATIENT = 1_200_000;

test.each(smallWorlds)(
  '$name: every schedule keeps every rule',
  async (world) => {
    const { violation, states } = await explore(world);
    expect(violation).toBeUndefined();
    expect(states).toBeGreaterThan(10);
  },
  PATIENT,
);
