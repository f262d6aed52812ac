import { readArguments, wholeNumber } from './arguments.js';
import { command } from './run.js';
import { decodeChoices } from './simulation/choices.js';
import { exploreAll } from './simulation/command/explore-worlds.js';
import { replay } from './simulation/command/replay.js';
import { runMany } from './simulation/command/run-many.js';

const USAGE = `Usage: npm run simulate -- [options]

  --seed <n>          first seed (1)
  --runs <n>          worlds, each with the next seed (1000)
  --orders <n>        orders in one world at most (40)
  --workers <n>       threads (1)
  --trace             print everything that happens (with --runs 1)
  --trace-hash        print a hash over everything that happens: the same for the same seeds and commit
  --replay <text>     repeat a shrunk run, as a report names it
  --exhaustive        visit every schedule of the small worlds
  --larger            and of the larger ones, which takes minutes
`;

/** Runs the choreography in simulated worlds; the exit code is 1 when a rule was broken or a fault never struck. */
export const main = command(async (args, signal) => {
  const options = optionsOf(args);
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (options.exhaustive || options.larger) return exploreAll(options.larger);
  const { seed, runs, orders, workers, trace, 'trace-hash': hashed } = options;
  if (options.replay !== undefined) return replay(decodeChoices(options.replay), orders);
  return runMany({ seed, runs, orders, workers, traced: trace, hashed }, signal);
});

function optionsOf(args: string[]) {
  const { values } = readArguments(
    args,
    {
      seed: { type: 'string', default: '1' },
      runs: { type: 'string', default: '1000' },
      orders: { type: 'string', default: '40' },
      workers: { type: 'string', default: '1' },
      trace: { type: 'boolean', default: false },
      'trace-hash': { type: 'boolean', default: false },
      replay: { type: 'string' },
      exhaustive: { type: 'boolean', default: false },
      larger: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    'no words',
    USAGE,
  );
  const whole = (name: 'seed' | 'runs' | 'orders' | 'workers') => wholeNumber(name, values[name]);
  return { ...values, seed: whole('seed'), runs: whole('runs'), orders: whole('orders'), workers: whole('workers') };
}
