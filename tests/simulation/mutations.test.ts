import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type Rule, rules } from '../../tools/src/simulation/rules.js';
import { runSeed } from '../../tools/src/simulation/runs.js';
import { type Mutation, mutations } from './mutations.js';

/** Worlds to look into at most. */
const RUNS = 2_000;

/** By bug and rule, a seed whose world breaks the rule. */
type Seeds = Record<string, Record<string, number>>;
const FILE = join(__dirname, 'planted', 'seeds.json');
const REWRITE = 'SEEDS=rewrite npx jest tests/simulation/mutations';
const rewrite = process.env.SEEDS === 'rewrite';
const known: Seeds = rewrite ? {} : JSON.parse(readFileSync(FILE, 'utf8'));
const found: Seeds = {};

/** Where the bug showed itself last, which spares the search, and then every seed: whatever changes the system makes other worlds of them. */
function* seedsFor({ name }: Mutation): Generator<number> {
  yield* new Set(Object.values(known[name] ?? {}));
  for (let seed = 1; seed <= RUNS; seed++) yield seed;
}

/** Runs worlds until every rule that the bug is said to break was broken in one of them. Returns the rules that held. */
async function held(mutation: Mutation): Promise<Set<Rule>> {
  const left = new Set(mutation.trips);
  const seeds: Record<string, number> = {};
  for (const seed of seedsFor(mutation)) {
    const { violations } = await runSeed(seed, { orders: 15, ...mutation });
    for (const { rule } of violations) if (left.delete(rule)) seeds[rule] = seed;
    if (left.size === 0) break;
  }
  found[mutation.name] = seeds;
  return left;
}

afterAll(() => {
  if (rewrite) writeFileSync(FILE, `${JSON.stringify(found, null, 2)}\n`);
  const stale = Object.entries(found).filter(([name, seeds]) =>
    Object.entries(seeds).some(([rule, seed]) => known[name]?.[rule] !== seed),
  );
  if (rewrite || stale.length === 0) return;
  process.stderr.write(
    `${stale.length} planted bugs were searched for from seed 1, which takes long: \`${REWRITE}\` notes where they are now.\n`,
  );
});

describe('a planted bug is found', () => {
  test.each(mutations)('$name: $trips', async (mutation) => {
    expect(await held(mutation)).toEqual(new Set());
  });
});

test('every rule is broken by a planted bug', () => {
  expect(new Set(mutations.flatMap(({ trips }) => trips))).toEqual(new Set(rules));
});
