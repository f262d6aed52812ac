import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.js';
import { Interrupted, Problem } from './problem.js';
import { recordProcess } from './processes.js';
import { createProgress } from './progress.js';
import { provisionTemporary } from './provision/index.js';
import { provideTestPrograms } from './provision/test-programs.js';
import { command } from './run.js';

interface Results {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  numRuntimeErrorTestSuites: number;
}

/** Format, lint and types first: they cost a second. Then every test, against servers of this run only. */
export const main = command(async (args, signal) => {
  const progress = createProgress(process.stderr);
  await progress.step('format and lint', () => tool('biome', ['check', '.'], signal));
  await progress.step('types', () => tool('tsc', ['-p', 'tsconfig.check.json'], signal));
  await progress.step('programs', provideTestPrograms);
  const servers = await provisionTemporary({ progress, signal, forTests: true });
  try {
    const outputFile = join(servers.directory, 'results.json');
    const code = await jest(servers.directory, signal, ['--json', `--outputFile=${outputFile}`, ...args], {
      // Tests make virtual hosts and databases of their own.
      RABBITMQ_URL: servers.administrator.rabbitmqUrl,
      POSTGRES_URL: servers.administrator.postgresUrl,
      RABBITMQ_MANAGEMENT_URL: servers.managementUrl ?? '',
    });
    if (signal.aborted) throw new Interrupted();
    return report(outputFile, code);
  } finally {
    await servers.stop();
  }
});

const hints: Record<string, string> = { biome: ' `npm run check:fix` mends most of them.' };
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

function tool(name: string, args: string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(bin(name), args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(signal.aborted ? new Interrupted() : found(name, output))));
  });
}

function found(name: string, output: string): Problem {
  return new Problem(`${output.trim()}\n\n\`${name}\` found the problems above.${hints[name] ?? ''}`);
}

function jest(directory: string, signal: AbortSignal, args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(bin('jest'), args, {
      cwd: root,
      stdio: ['inherit', 'ignore', 'inherit'],
      env: { ...process.env, ...env },
    });
    // A killed `npm test` leaves jest running: with this record the next run ends it.
    if (child.pid !== undefined) recordProcess(directory, 'jest', child.pid);
    signal.addEventListener('abort', () => child.kill('SIGTERM'));
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/** A run without a test, and a suite that could not even be loaded, are failures. */
function report(outputFile: string, code: number): number {
  if (!existsSync(outputFile)) throw new Problem('jest wrote no results: no test ran.');
  const results = JSON.parse(readFileSync(outputFile, 'utf8')) as Results;
  const { numPassedTests: passed, numRuntimeErrorTestSuites: broken } = results;
  const failed = results.numFailedTests + broken;
  const skipped = results.numPendingTests + results.numTodoTests;
  process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  return code === 0 && passed === 0 ? 1 : code;
}
