import { describe, expect, test } from '@jest/globals';
import { runSeeds } from '../../tools/src/simulation/runs.js';
import { mutations } from './mutations.js';

const RUNS = 2_000;

describe('a planted bug is found', () => {
  test.each(mutations)('$name', async ({ tampering }) => {
    const { violations } = await runSeeds(1, RUNS, { orders: 15, tampering });
    expect(violations).toHaveLength(1);
  });
});
