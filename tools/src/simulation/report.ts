import { crashMomentNames, crashMoments, faultNames, faults } from './faults.js';
import type { Totals } from './runs.js';
import type { TraceEntry } from './trace.js';

/** What happened, as a table for people. */
export function traceTable(trace: readonly TraceEntry[]): string {
  const width = Math.max(6, ...trace.map(({ from }) => from.length));
  return trace
    .map(({ at, from, to, what }) => {
      const whither = from === to ? '' : `-> ${to}: `;
      return `  ${`${at}`.padStart(7)} ms  ${from.padEnd(width)}  ${whither}${what}`;
    })
    .join('\n');
}

/** The same as a sequence diagram (https://mermaid.js.org/syntax/sequenceDiagram.html). */
export function sequenceDiagram(trace: readonly TraceEntry[]): string {
  const names = [...new Set(trace.flatMap(({ from, to }) => [from, to]))];
  const idOf = (name: string) => `p${names.indexOf(name)}`;
  const plain = (text: string) => text.replace(/[;#"]/g, ' ');
  const lines = trace.map(({ from, to, what }) =>
    from === to ? `  Note over ${idOf(from)}: ${plain(what)}` : `  ${idOf(from)}->>${idOf(to)}: ${plain(what)}`,
  );
  return ['sequenceDiagram', ...names.map((name) => `  participant ${idOf(name)} as ${name}`), ...lines].join('\n');
}

/** How often everything happened: a fault that never struck has proved nothing. */
export function countsTable({ counts }: Totals): string {
  const line = (what: string, meaning: string) => `  ${what.padEnd(38)} ${`${counts.get(what) ?? 0}`.padStart(11)}  ${meaning}`;
  const moments = Object.entries(crashMoments).map(([name, meaning]) => line(name, meaning));
  const known = new Set<string>([...faultNames, ...crashMomentNames]);
  const others = [...counts.keys()].filter((what) => !known.has(what)).sort();
  return [
    'Faults',
    ...faultNames.map((name) => line(name, faults[name])),
    'Crashes found their process at',
    ...moments,
    'Besides',
    ...others.map((what) => line(what, '').trimEnd()),
  ].join('\n');
}
