import { join } from 'node:path';
import { operations } from '@quickstep/operations-service/choreography';
import { choreographies } from '@quickstep/system';
import { declaredIn } from './contracts/declared.js';
import { describe } from './contracts/finding.js';
import { checkContracts } from './contracts/gate.js';
import { readRegistry } from './contracts/registry.js';
import { root } from './paths.js';
import { command } from './run.js';

/** Says whom a change of the contracts would break; the exit code is 1 when it breaks anybody, or is not published. */
export const main = command(async () => {
  const published = readRegistry(join(root, 'system', 'contracts'));
  const found = checkContracts(published, declaredIn([...choreographies, operations]));
  for (const each of found) process.stdout.write(`${describe(each)}\n`);
  if (found.length > 0) return 1;
  process.stdout.write(
    `Contracts: ${published.versions.length} published versions, ${published.consumers.length} consumers, nobody breaks\n`,
  );
  return 0;
});
