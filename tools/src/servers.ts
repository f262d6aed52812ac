import { dirname, join } from 'node:path';
import { claim, release } from './claim.js';
import { stateDirectory } from './paths.js';
import { Problem } from './problem.js';
import { createProgress } from './progress.js';
import { provision } from './provision/index.js';
import { command, interruption } from './run.js';

const directory = join(stateDirectory, 'dev');

/** A broker and a database for working on single test files, until Ctrl-C. */
export const main = command(async (_args, signal) => {
  const progress = createProgress(process.stderr);
  const other = claim(directory, '');
  if (other) throw new Problem(`The servers are already running (process ${other.pid}).\n${other.message}`);
  const servers = await provision({ directory, progress, signal, forTests: true });
  const { managementUrl = '', administrator, installationSecretFile } = servers;
  // Tests make virtual hosts and databases of their own.
  const { rabbitmqUrl, postgresUrl } = administrator;
  // The obtained Node.js, where the machine's is too old for the tests.
  const path = process.execPath.startsWith(stateDirectory) ? ` PATH=${dirname(process.execPath)}:$PATH` : '';
  const exports = `export${path} RABBITMQ_URL=${rabbitmqUrl} POSTGRES_URL=${postgresUrl} RABBITMQ_MANAGEMENT_URL=${managementUrl} INSTALLATION_SECRET_FILE=${installationSecretFile}`;
  claim(directory, exports);
  process.stdout.write(`${exports}\n`);
  progress.line('  Ready. Ctrl-C stops both servers; their data stays in .quickstep/dev.');
  await interruption(signal);
  await progress.step('stopped', () => servers.stop());
  release(directory);
  return 0;
});
