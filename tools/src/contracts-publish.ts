import { join } from 'node:path';
import { operations } from '@quickstep/operations-service/choreography';
import { choreographies } from '@quickstep/system';
import { declaredIn } from './contracts/declared.js';
import { describe } from './contracts/finding.js';
import { checkContracts } from './contracts/gate.js';
import { publish } from './contracts/publish.js';
import { recordEvents } from './contracts/record.js';
import { readRegistry } from './contracts/registry.js';
import { root } from './paths.js';
import { command } from './run.js';

/** Writes what the code declares as new published versions, unless that would break a consumer. */
export const main = command(async () => {
  const folder = join(root, 'system', 'contracts');
  const published = readRegistry(folder);
  const declared = declaredIn([...choreographies, operations]);
  const before = checkContracts(published, declared).filter(({ wayOut }) => wayOut !== 'npm run contracts:publish');
  for (const each of before) process.stderr.write(`${describe(each)}\n`);
  if (before.length > 0) return 1;
  const added = publish(folder, published, declared, await recordEvents());
  process.stdout.write(added.map((each) => `published ${each}\n`).join('') || 'Nothing new to publish\n');
  return 0;
});
