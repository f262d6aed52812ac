import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { Outcome, Scenario } from './bench/context.js';
import { describeMachine, type Machine } from './bench/machine.js';
import { help, readOptions, type ScenarioName } from './bench/options.js';
import { hotFunctions } from './bench/profile/hot-functions.js';
import { ablations } from './bench/scenarios/ablations.js';
import { backlog } from './bench/scenarios/backlog.js';
import { bench, latency, saturate } from './bench/scenarios/bench.js';
import { curve } from './bench/scenarios/curve.js';
import { growth } from './bench/scenarios/growth.js';
import { replicas } from './bench/scenarios/replicas.js';
import { formatTable, percent, type Table } from './bench/table.js';
import { createProgress } from './progress.js';
import { command } from './run.js';

const scenarios: Record<ScenarioName, Scenario> = { bench, saturate, latency, curve, ablations, growth, backlog, replicas };

export const main = command(async (args, signal) => {
  const options = readOptions(args);
  if (options === undefined) {
    process.stdout.write(help);
    return 0;
  }
  const progress = createProgress();
  const machine = describeMachine();
  const date = new Date().toISOString();
  progress.line(`\n  ${summaryOf(machine)}\n`);
  const outcome = await scenarios[options.scenario]({ options, progress, signal });
  for (const table of [...outcome.tables, ...profileTables(options.profile)]) progress.line(`\n${formatTable(table)}`);
  for (const file of writePlots(options.plot, outcome)) progress.line(`\n  ${file}`);
  if (options.json) writeFileSync(options.json, JSON.stringify({ date, machine, options, ...jsonOf(outcome) }, undefined, 1));
  return outcome.invariantsHold ? 0 : 1;
});

function summaryOf({ cores, processor, memoryGiB, node, loadBefore }: Machine): string {
  return `${cores} × ${processor}, ${memoryGiB} GiB, Node.js ${node}; load average before: ${loadBefore.toFixed(2)}`;
}

const jsonOf = ({ data, tables, invariantsHold }: Outcome) => ({ invariantsHold, tables, data });

/** One plot goes to the file itself, of several each gets its name added. */
function writePlots(file: string | undefined, { plots }: Outcome): string[] {
  if (file === undefined) return [];
  const extension = extname(file) || '.svg';
  const stem = join(dirname(file), basename(file, extension));
  mkdirSync(dirname(file), { recursive: true });
  return plots.map(({ name, svg }) => {
    const path = plots.length === 1 ? `${stem}${extension}` : `${stem}-${name}${extension}`;
    writeFileSync(path, svg);
    return path;
  });
}

function profileTables(directory: string | undefined): Table[] {
  if (directory === undefined) return [];
  const files = readdirSync(directory).filter((file) => file.endsWith('.cpuprofile'));
  return files.map((file) => ({
    title: `Hot functions: ${file}`,
    columns: ['function', 'ms', 'share'],
    rows: hotFunctions(join(directory, file))
      .slice(0, 40)
      .map(({ place, milliseconds, share }) => [place, milliseconds.toFixed(0), percent(share)]),
  }));
}
