import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments } from './arguments.js';
import { formatTable, markdownTable } from './bench/table.js';
import { git } from './git.js';
import { root } from './paths.js';
import { Interrupted, Problem } from './problem.js';
import { createProgress } from './progress.js';
import { openCheckout } from './protections/checkout.js';
import { type Protection, protections } from './protections/list.js';
import { baselineProblem, changedProblem, failedTests, type TestRun, without } from './protections/verdict.js';
import { provisionTemporary } from './provision/index.js';
import { command } from './run.js';

/** For one test, in milliseconds: one that waits for what no longer happens fails after it. */
const TEST_MS = 30_000;

/** For a test file, in milliseconds: code that spins without its protection never lets a test run into its time. */
const FILE_MS = 300_000;

const COLUMNS = ['protection', 'without it', 'test', 'tests that fail', 's'];

/** `npm run protections -- [--only <part of a name>] [--markdown <file>]`: takes each protection away in turn; its test must fail. */
export const main = command(async (args, signal) => {
  const { values } = readArguments(args, { only: { type: 'string' }, markdown: { type: 'string' } });
  const chosen = protections.filter(({ name }) => name.includes(values.only ?? ''));
  if (chosen.length === 0) throw new Problem(`No protection is called "${values.only}".`);
  const progress = createProgress();
  for (const each of chosen) without(each, readFileSync(join(root, each.file), 'utf8'));
  const servers = await provisionTemporary({ progress, signal, forTests: true });
  const directory = mkdtempSync(join(tmpdir(), 'quickstep-protections-'));
  const tree = join(directory, 'checkout');
  const commit = git('rev-parse', '--short=12', 'HEAD');
  const wrong: string[] = [];
  const rows: string[][] = [];
  try {
    const checkout = openCheckout(tree, commit);
    const env = {
      RABBITMQ_URL: servers.administrator.rabbitmqUrl,
      POSTGRES_URL: servers.administrator.postgresUrl,
      RABBITMQ_MANAGEMENT_URL: servers.managementUrl ?? '',
    };
    const run = (test: string) => testRun({ tree, test, output: join(directory, 'results.json'), env, signal });
    try {
      for (const test of new Set(chosen.map((each) => each.test))) {
        const problem = baselineProblem(await run(test));
        if (problem !== undefined) throw new Problem(`${test} ${problem}.`);
        progress.line(`  ✓ ${test} passes as it is`);
      }
      for (const each of chosen) {
        const started = performance.now();
        const result = await changed(tree, each, () => run(each.test));
        const problem = changedProblem(result);
        if (problem !== undefined) wrong.push(`${each.name}: ${each.test} ${problem}`);
        const seconds = ((performance.now() - started) / 1_000).toFixed(0);
        rows.push([each.name, each.against, each.test, failedTests(result).join('; ') || 'none', seconds]);
        progress.line(`  ${problem === undefined ? '✓' : '✗'} ${each.name}: ${problem ?? failedTests(result)[0]}`);
      }
    } finally {
      checkout.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
    await servers.stop();
  }
  const table = { title: `Protections taken away one by one, commit ${commit}`, columns: COLUMNS, rows };
  progress.line(`\n${formatTable(table)}`);
  if (values.markdown !== undefined) writeFileSync(values.markdown, `${markdownTable(table)}\n`);
  for (const each of wrong) progress.line(`  ✗ ${each}`);
  return wrong.length === 0 ? 0 : 1;
});

async function changed(tree: string, protection: Protection, run: () => Promise<TestRun>): Promise<TestRun> {
  const file = join(tree, protection.file);
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, without(protection, text));
  try {
    return await run();
  } finally {
    writeFileSync(file, text);
  }
}

interface TestOptions {
  readonly tree: string;
  readonly test: string;
  readonly output: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

async function testRun({ tree, test, output, env, signal }: TestOptions): Promise<TestRun> {
  rmSync(output, { force: true });
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const args = [jest, '-w', '1', '--json', `--outputFile=${output}`, `--testTimeout=${TEST_MS}`, '--forceExit'];
  await new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, [...args, '--rootDir', tree, '--runTestsByPath', test], {
      cwd: tree,
      stdio: 'ignore',
      env: { ...process.env, ...env },
      signal,
      timeout: FILE_MS,
      killSignal: 'SIGKILL',
    });
    child.once('error', (error) => reject(signal.aborted ? new Interrupted() : error));
    child.once('close', () => resolve());
  });
  if (!existsSync(output)) throw new Problem(`jest wrote no results for ${test}.`);
  return JSON.parse(readFileSync(output, 'utf8')) as TestRun;
}
