import { expect, test } from '@jest/globals';
import { choreographies } from '@quickstep/system';
import { prove, reportOf } from '@quickstep/system/proof';

test('the declared choreography is proved', () => {
  const proof = prove(choreographies);
  console.log(reportOf(proof));
  expect(proof.problems).toEqual([]);
});
