import type { Scenario } from './bench/context.js';
import { describeMachine } from './bench/machine.js';
import { help, readOptions, type ScenarioName } from './bench/options.js';
import { describe, report } from './bench/report.js';
import { ablations } from './bench/scenarios/ablations.js';
import { against } from './bench/scenarios/against.js';
import { backlog } from './bench/scenarios/backlog.js';
import { bench, latency, saturate } from './bench/scenarios/bench.js';
import { curve } from './bench/scenarios/curve.js';
import { growth } from './bench/scenarios/growth.js';
import { replicas } from './bench/scenarios/replicas.js';
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
  const date = new Date().toISOString();
  const machine = describeMachine();
  progress.line(`\n  ${describe(machine)}\n`);
  const servers = new Set<string>();
  const scenario = options.against === undefined ? scenarios[options.scenario] : against;
  const outcome = await scenario({ options, progress, signal, servers });
  report(outcome, { date, machine, servers: [...servers] }, options, progress);
  return outcome.invariantsHold ? 0 : 1;
});
