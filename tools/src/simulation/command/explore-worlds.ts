import { explore } from '../exhaustive.js';
import { sequenceDiagram, traceTable } from '../report.js';
import { largerWorlds, smallWorlds } from '../small-worlds.js';

/** Visits every schedule of each small world and prints what it saw. */
export async function exploreAll(larger: boolean): Promise<number> {
  for (const world of larger ? [...smallWorlds, ...largerWorlds] : smallWorlds) {
    const since = performance.now();
    const { states, runs, ended, violation, trace } = await explore(world);
    const seconds = ((performance.now() - since) / 1_000).toFixed(1);
    const figures = `${states} distinct states, ${runs} runs, ${ended} to the end, ${seconds} s`;
    process.stdout.write(`  ${violation === undefined ? '✓' : '✗'} ${world.name}: ${figures}\n`);
    if (violation === undefined) continue;
    process.stdout.write(
      `\nViolation of "${violation.rule}": ${violation.detail}\n\n${traceTable(trace)}\n\n${sequenceDiagram(trace)}\n`,
    );
    return 1;
  }
  return 0;
}
