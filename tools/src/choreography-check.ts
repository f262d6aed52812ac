import { choreographies } from '@quickstep/system';
import { prove, reportOf } from '@quickstep/system/proof';
import { Problem } from './problem.js';
import { command } from './run.js';

/** Proves the declarations of all services; the exit code is 1 when something is wrong with them. */
export const main = command(async (args) => {
  if (args.length > 0) throw new Problem(`npm run choreography:check takes no arguments, not "${args.join(' ')}"`);
  const proof = prove(choreographies);
  process.stdout.write(`${reportOf(proof)}\n`);
  return proof.problems.length === 0 ? 0 : 1;
});
