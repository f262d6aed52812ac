import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

/** `npm run mutation -- <area> [--sample <n>] [--concurrency <n>] [-- <arguments for Stryker>]` */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { sample: { type: 'string' }, concurrency: { type: 'string' } },
});
const [area = 'pipeline', ...others] = positionals;
const { sample = '1', concurrency = '1' } = values;
const env = { ...process.env, MUTATION_AREA: area, MUTATION_SAMPLE: sample, MUTATION_CONCURRENCY: concurrency };
const stryker = join(dirname(createRequire(import.meta.url).resolve('@stryker-mutator/core/package.json')), 'bin', 'stryker.js');
const child = spawn(process.execPath, [stryker, 'run', ...others], { stdio: 'inherit', env });
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
