import { sequenceDiagram, traceTable } from '../report.js';
import { runAgain } from '../runs.js';

/** Repeats a run from its decisions and prints everything that happens. */
export async function replay(made: readonly number[], orders: number): Promise<number> {
  const { violation, trace } = await runAgain(made, { orders, traced: true });
  process.stdout.write(`${traceTable(trace)}\n\n${sequenceDiagram(trace)}\n\n`);
  process.stdout.write(
    violation === undefined ? 'No rule is broken.\n' : `Violation of "${violation.rule}": ${violation.detail}\n`,
  );
  return violation === undefined ? 0 : 1;
}
