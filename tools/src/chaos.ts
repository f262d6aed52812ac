import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkOut } from './bench/checkout.js';
import { describeMachine } from './bench/machine.js';
import { describeServers } from './bench/server-versions.js';
import { formatTable, markdownTable } from './bench/table.js';
import { Load } from './chaos/load.js';
import { directory, openWorld } from './chaos/open-world.js';
import { type Options, readOptions } from './chaos/options.js';
import { randomFrom } from './chaos/random.js';
import { merged, newRun, type PartRow, type Run, readAnyRun, readRun, writeRun } from './chaos/record.js';
import { faultTable, shortcomings, totalsTable } from './chaos/report.js';
import { type RoundOptions, runRound } from './chaos/rounds.js';
import { missingFor, type Planned, scheduleOf } from './chaos/schedule.js';
import type { World } from './chaos/world.js';
import { claim, release } from './claim.js';
import { commitHere } from './git.js';
import { Problem } from './problem.js';
import { createProgress, type Progress } from './progress.js';
import { command } from './run.js';

const SHOWN = 40;

export const main = command(async (args, signal) => {
  const options = readOptions(args);
  if (typeof options === 'string') {
    process.stdout.write(options);
    return 0;
  }
  const progress = createProgress();
  if ('files' in options) return report(merged(options.files.map(readAnyRun)), options.markdown, progress);
  const run = options.resume ? readRun(options.file, options.settings) : newRun(options.file, options.settings);
  const other = claim(join(directory, '..'), '');
  if (other) throw new Problem(`This checkout runs one chaos at a time, and process ${other.pid} does.`);
  try {
    await part(options, run, progress, signal);
  } finally {
    release(join(directory, '..'));
  }
  const left = options.settings.faults - run.faults.length;
  progress.line(`\n  ${options.file}${left > 0 ? `; ${left} faults are left: --resume` : ''}`);
  return report(run, options.markdown, progress);
});

/** One system, from its start to its end. */
async function part(options: Options, run: Run, progress: Progress, signal: AbortSignal): Promise<void> {
  const { settings, file } = options;
  const { replicas, nodes, against, seed, rate } = settings;
  const otherVersion = against === undefined ? undefined : await checkOut(against, progress, signal);
  const tell = (text: string) =>
    appendFileSync(join(directory, 'logs', 'supervisor.log'), `${new Date().toISOString()} ${text}\n`);
  const { world, servers, close } = await openWorld({ progress, signal, replicas, nodes, otherVersion, tell });
  const number = run.parts.length + 1;
  const { ask } = world.databases;
  const targets = () => world.fleet.all('order-service').map(({ url }) => url);
  const load = new Load({ random: randomFrom(seed + number * 1_009), rate, targets, ask });
  try {
    run.parts.push(describePart(number, await describeServers(servers.administrator)));
    const left = leftOf(options, run, world, progress);
    await rounds(options, run, left, { world, load, rate, seed, part: number, progress, signal });
  } finally {
    await load.stop();
    await close();
    if (run.rounds.length > 0) writeRun(file, run);
  }
}

type Common = Pick<RoundOptions, 'world' | 'load' | 'rate' | 'seed' | 'part' | 'progress' | 'signal'>;

async function rounds(options: Options, run: Run, left: readonly Planned[], common: Common): Promise<void> {
  const { settings, kinds, round: size, durationMs, file } = options;
  const positions = new Map<string, string>();
  const until = performance.now() + durationMs;
  const kindOf = (name: string) => {
    const kind = kinds.find((each) => each.name === name);
    if (kind === undefined) throw new Problem(`There is no fault called ${name}.`);
    return kind;
  };
  for (let begin = 0; begin < left.length && performance.now() < until; begin += size) {
    const planned = left.slice(begin, begin + size);
    const last = begin + size >= left.length;
    const placed = run.rounds.reduce((sum, { orders }) => sum + orders, 0);
    const orders = last ? Math.max(0, settings.orders - placed) : 0;
    const round = run.rounds.length + 1;
    const result = await runRound({ ...common, round, kindOf, until, orders, positions }, planned);
    run.faults.push(...result.faults);
    run.rounds.push(result.round);
    writeRun(file, run);
    if (result.faults.length < planned.length) return;
  }
}

/** The faults of the seed that have not been struck with, as far as they are possible here. */
function leftOf({ settings, kinds, named }: Options, run: Run, world: World, progress: Progress): Planned[] {
  const missing = kinds.map((kind) => ({ kind, needs: missingFor(world, kind) })).filter(({ needs }) => needs.length > 0);
  const names = missing.map(({ kind, needs }) => `${kind.name} (needs ${needs.join(' and ')})`).join(', ');
  if (named && names !== '') throw new Problem(`Not possible here: ${names}.`);
  if (names !== '') progress.line(`  not possible here: ${names}`);
  const possible = kinds.filter((kind) => missing.every((each) => each.kind !== kind));
  const done = new Set(run.faults.map(({ number }) => number));
  return scheduleOf(settings.seed, settings.faults, possible, world.fleet).filter(({ number }) => !done.has(number));
}

function describePart(part: number, servers: string): PartRow {
  const { cores, processor, memoryGiB } = describeMachine();
  return {
    part,
    date: new Date().toISOString(),
    commit: commitHere(),
    node: process.versions.node,
    servers,
    machine: `${cores} cores, ${processor}, ${memoryGiB} GiB`,
  };
}

/** @returns the exit code */
function report(run: Pick<Run, 'parts' | 'faults' | 'rounds'>, markdown: string | undefined, progress: Progress): number {
  const tables = [faultTable(run), totalsTable(run)];
  for (const table of tables) progress.line(`\n${formatTable(table)}`);
  if (markdown !== undefined) writeFileSync(markdown, `${tables.map(markdownTable).join('\n\n')}\n`);
  const wrong = shortcomings(run);
  for (const each of wrong.slice(0, SHOWN)) progress.line(`  ✗ ${each}`);
  if (wrong.length > SHOWN) progress.line(`  and ${wrong.length - SHOWN} more`);
  return wrong.length === 0 ? 0 : 1;
}
