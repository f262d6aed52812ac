import { describe, expect, test } from '@jest/globals';
import { type Rule, rules } from '../../tools/src/simulation/rules.js';
import { runSeed } from '../../tools/src/simulation/runs.js';
import { type Mutation, mutations } from './mutations.js';

/** Worlds to look into at most. */
const RUNS = 2_000;

/** Runs worlds until every rule that the bug is said to break was broken in one of them. Returns the rules that held. */
async function held({ tampering, trips }: Mutation): Promise<Set<Rule>> {
  const left = new Set(trips);
  for (let seed = 1; seed <= RUNS && left.size > 0; seed++) {
    const { violations } = await runSeed(seed, { orders: 15, tampering });
    for (const { rule } of violations) left.delete(rule);
  }
  return left;
}

describe('a planted bug is found', () => {
  test.each(mutations)('$name: $trips', async (mutation) => {
    expect(await held(mutation)).toEqual(new Set());
  });
});

test('every rule is broken by a planted bug', () => {
  expect(new Set(mutations.flatMap(({ trips }) => trips))).toEqual(new Set(rules));
});
