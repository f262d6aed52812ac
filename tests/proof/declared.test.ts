import { describe, expect, test } from '@jest/globals';
import { choreographies } from '@quickstep/system';
import { printed, prove, reportOf } from '@quickstep/system/proof';
import { deletionsOf } from '../support/deletions.js';

describe('the declared choreography', () => {
  const proof = prove(choreographies);

  test('is proved', () => {
    expect(reportOf(proof)).toMatch(/^The choreography holds: 5 services/);
    expect(proof.problems).toEqual([]);
  });

  test('is explored with every event once, and with copies of all', () => {
    expect(proof.explorations.map(({ channel }) => channel)).toEqual(['once', 'at least once']);
    for (const { endings, states } of proof.explorations) {
      expect([...endings.keys()].sort()).toEqual(['cancelled', 'completed']);
      expect(states).toBeGreaterThan(200);
    }
  });
});

describe('with one thing less', () => {
  /** Customers would then be told of refunds of nothing: sound all the same. What the step's code still returns does not compile. */
  const stillSound = ['outcome notifyCustomer.nothingToTell'];
  const deletions = deletionsOf(choreographies).filter(({ what }) => !stillSound.includes(what));

  test('there is much to leave out', () => {
    expect(deletions.length).toBeGreaterThan(120);
  });

  test.each(deletions.map((each) => [each.what, each] as const))('without %s it is refused, by name', (_, { left, names }) => {
    const text = prove(left).problems.map(printed).join('\n');
    expect(names.filter((name) => text.includes(name))).not.toEqual([]);
  });
});
