import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { Progress } from '../progress.js';
import type { Outcome } from './context.js';
import type { Machine } from './machine.js';
import type { Options } from './options.js';
import { formatTable, markdownTable, type Table } from './table.js';

export interface About {
  /** RFC 3339. */
  date: string;
  machine: Machine;
  servers: string[];
}

export function describe({ cores, processor, memoryGiB, node, loadBefore }: Machine): string {
  return `${cores} × ${processor}, ${memoryGiB} GiB, Node.js ${node}; load average before: ${loadBefore.toFixed(2)}`;
}

/** Prints the tables and writes the files that were asked for. */
export function report(outcome: Outcome, about: About, options: Options, progress: Progress): void {
  const { tables, data, invariantsHold } = outcome;
  progress.line(`\n  ${about.servers.join('; ')}`);
  for (const table of tables) progress.line(`\n${formatTable(table)}`);
  if (options.json) write(options.json, JSON.stringify({ ...about, options, invariantsHold, tables, data }, undefined, 1));
  if (options.markdown) write(options.markdown, markdownOf(tables, about));
  if (options.plot) writePlots(options.plot, outcome);
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function markdownOf(tables: readonly Table[], { date, machine, servers }: About): string {
  const on = `${date.slice(0, 10)}; ${describe(machine)}; ${servers.join('; ')}`;
  return `${[on, ...tables.map(markdownTable)].join('\n\n')}\n`;
}

/** One plot goes to the file itself, of several each gets its name added. */
function writePlots(file: string, { plots }: Outcome): void {
  const extension = extname(file) || '.svg';
  const stem = join(dirname(file), basename(file, extension));
  for (const { name, svg } of plots) write(plots.length === 1 ? `${stem}${extension}` : `${stem}-${name}${extension}`, svg);
}
