import { resolve } from 'node:path';
import { readArguments, wholeNumber } from '../arguments.js';
import { Problem } from '../problem.js';
import { type Variant, variantNamed, variants } from './variants.js';

export const scenarioNames = ['bench', 'saturate', 'latency', 'curve', 'ablations', 'growth', 'backlog', 'replicas'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export interface Options {
  scenario: ScenarioName;
  /** Orders of each saturated round. */
  orders: number;
  concurrency: number;
  /** Orders per second of the open loop. */
  rate: number;
  /** Of the open loop, in seconds. */
  duration: number;
  replicas: number;
  rounds: number;
  /** Commit to compare with. */
  against: string | undefined;
  pairs: number;
  warmup: number;
  variants: Variant[];
  /** Settings of the services. */
  env: Record<string, string>;
  json: string | undefined;
  markdown: string | undefined;
  plot: string | undefined;
  profile: string | undefined;
  keep: boolean;
  /** With the operator's service. */
  operations: boolean;
  /** With the operator's service, metrics, traces and an open console. */
  watched: boolean;
}

export const help = `npm run bench -- [options]

Starts a fresh broker and database and the five services, drives them over HTTP from a process of its own, and reports throughput,
latency, processor time, memory and batch sizes. At the end it checks the invariants in the databases. docs/performance.md tells
what the figures mean.

  --scenario NAME    bench      saturated, then the latency at a fixed rate (default)
                     saturate   as many orders as the machine takes
                     latency    at --rate
                     curve      latency at rates from 50 per second to what the machine takes
                     ablations  one setting changed at a time, against the baseline
                     growth     one long run: does anything get slower, or bigger?
                     backlog    orders queue up while a service is down, then drain
                     replicas   one, two and three processes of each service
  --orders N         of each saturated round (default: 20000; growth 1000000, backlog 200000)
  --concurrency N    requests at once when saturated (default: 256)
  --rate N           orders per second at the fixed rate (default: 50)
  --duration N       seconds at the fixed rate (default: 30)
  --replicas N       processes of each service (default: 1)
  --rounds N         repetitions, of which the median counts (default: 3)
  --warmup N         orders before anything is measured (default: 20000)
  --batched          several events in one AMQP message under load
  --variant NAME     one or more, repeat the option (default: baseline; for ablations all):
${variants.map(({ name, what }) => `                     ${name.padEnd(17)}${what}`).join('\n')}
  --operations       with the operator's service, which follows the logs of the others
  --watched          besides: metrics read every 15 s, one trace in ten sent, a browser with the console's map (needs Chromium)
  --set NAME=VALUE   any other setting of the services
  --against COMMIT   compare with another commit: its services and these in turns; with bench, saturate or latency
  --pairs N          turns of each (default: 4), one round each unless --rounds says more
  --json FILE        all figures
  --markdown FILE    the tables, for a document
  --plot FILE        throughput and latency over time, as SVG
  --profile DIR      where the services' processor time goes, from their start to their end: a .cpuprofile of each, for a browser's tools
  --keep             leave everything running at the end, until Ctrl-C

Environment: RABBITMQ_URL and POSTGRES_URL use these servers (without figures for their processes) and start none.
`;

const usualOrders: Partial<Record<ScenarioName, number>> = { growth: 1_000_000, backlog: 200_000 };

/** Undefined when help was asked for. */
export function readOptions(args: string[]): Options | undefined {
  const { values } = readArguments(args, {
    help: { type: 'boolean' },
    scenario: { type: 'string', default: 'bench' },
    orders: { type: 'string' },
    concurrency: { type: 'string', default: '256' },
    rate: { type: 'string', default: '50' },
    duration: { type: 'string', default: '30' },
    replicas: { type: 'string', default: '1' },
    rounds: { type: 'string' },
    against: { type: 'string' },
    pairs: { type: 'string', default: '4' },
    warmup: { type: 'string', default: '20000' },
    batched: { type: 'boolean', default: false },
    variant: { type: 'string', multiple: true, default: [] },
    set: { type: 'string', multiple: true, default: [] },
    json: { type: 'string' },
    markdown: { type: 'string' },
    plot: { type: 'string' },
    profile: { type: 'string' },
    keep: { type: 'boolean', default: false },
    operations: { type: 'boolean', default: false },
    watched: { type: 'boolean', default: false },
  });
  if (values.help) return undefined;
  const scenario = scenarioNames.find((name) => name === values.scenario);
  if (!scenario) throw new Problem(`There is no scenario "${values.scenario}". There are: ${scenarioNames.join(', ')}.`);
  return {
    scenario,
    orders: hundreds(wholeNumber('orders', values.orders ?? `${usualOrders[scenario] ?? 20_000}`)),
    concurrency: wholeNumber('concurrency', values.concurrency),
    rate: wholeNumber('rate', values.rate),
    duration: wholeNumber('duration', values.duration),
    replicas: wholeNumber('replicas', values.replicas),
    rounds: wholeNumber('rounds', values.rounds ?? (values.against === undefined ? '3' : '1')),
    against: values.against === undefined ? undefined : comparable(values.against, scenario),
    pairs: wholeNumber('pairs', values.pairs),
    warmup: hundreds(wholeNumber('warmup', values.warmup, 0)),
    variants: values.variant.map(variantNamed),
    env: { ...(values.batched ? { EVENT_BATCHING: 'on' } : {}), ...Object.fromEntries(values.set.map(setting)) },
    json: values.json && resolve(values.json),
    markdown: values.markdown && resolve(values.markdown),
    plot: values.plot && resolve(values.plot),
    profile: values.profile && resolve(values.profile),
    keep: values.keep,
    operations: values.operations || values.watched,
    watched: values.watched,
  };
}

function comparable(commit: string, scenario: ScenarioName): string {
  if (!['bench', 'saturate', 'latency'].includes(scenario)) {
    throw new Problem(`--against goes with the scenarios bench, saturate and latency, not with ${scenario}.`);
  }
  if (process.env.RABBITMQ_URL || process.env.POSTGRES_URL) {
    throw new Problem('--against needs fresh servers for every turn: unset RABBITMQ_URL and POSTGRES_URL.');
  }
  return commit;
}

/** In every hundred orders each kind of ending has its exact share. */
export const hundreds = (orders: number) => Math.ceil(orders / 100) * 100;

function setting(text: string): [string, string] {
  const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new Problem(`--set needs NAME=VALUE, not "${text}".`);
  return [name, value];
}
