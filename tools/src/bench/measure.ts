import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress, Show } from '../progress.js';
import { sagaServices as services } from '../services.js';
import { until } from '../wait.js';
import { type ArchiveLag, waitForArchive } from './archive-lag.js';
import type { Job, LoadProgress, LoadResult } from './load/protocol.js';
import { busySeconds, hasProc } from './machine.js';
import { measureMachine } from './machine-calibration/machine-calibration.js';
import { type Histogram, histogramBetween, readMetrics, type ServiceMetrics } from './service-metrics.js';
import { mean, sum } from './statistics.js';
import type { System } from './system.js';
import { integer } from './table.js';

export interface ProcessUse {
  name: string;
  cpuSeconds: number;
  /** MiB. */
  peakMemory: number;
}

export interface Batches {
  service: string;
  size: Histogram;
  seconds: Histogram;
}

/** A moment of a run. */
export interface Sample extends LoadProgress {
  /** Seconds since the run began. */
  at: number;
  /** Resident MiB by process. */
  memory: Record<string, number>;
}

export interface Run {
  load: LoadResult;
  /** Orders per second, from the first POST until the last order had ended. */
  ordersPerSecond: number;
  /** From the last ending until nothing was left to do: notifications are sent, queues are empty, the archive has everything. */
  quietSeconds: number;
  /** With the operations service. */
  archive: ArchiveLag | undefined;
  processes: ProcessUse[];
  /** Processor time until the last order had ended, without that of the load, in seconds. */
  cpuUntilEnded: number;
  batches: Batches[];
  samples: Sample[];
  /** Share of the machine that was used by processes which are no part of the benchmark. */
  otherLoad: number;
  loadAverage: number;
}

export interface Round extends Run {
  /** Machine calibration: events per second, the mean of before and after (see `measureMachine`). */
  calibration: number;
}

export interface RunOptions {
  label: string;
  system: System;
  progress: Progress;
  signal: AbortSignal;
  job: Job;
  /** Told of each progress, besides the display. */
  onProgress?: (progress: LoadProgress) => void;
}

const sampleEveryMs = 500;
const quietEveryMs = 100;

/** One job, with the machine calibration before and after it. */
export async function runRound(options: RunOptions): Promise<Round> {
  const before = await measureMachine(options.signal);
  const run = await runJob(options);
  return { ...run, calibration: mean([before, await measureMachine(options.signal)]) };
}

/** Sends the orders of one job through the system and measures everything from the first until all is quiet. */
function runJob(options: RunOptions): Promise<Run> {
  return options.progress.step(options.label, async (note, show) => {
    const run = await measured(options, show);
    note(`${options.label}: ${summaryOf(options.job, run)}`);
    return run;
  });
}

function summaryOf({ pace }: Job, { ordersPerSecond, load }: Run): string {
  if (pace.kind === 'closed') return `${integer(ordersPerSecond)} orders/s`;
  return `p50 ${load.placedToEnded.p50.toFixed(1)} ms, p99 ${load.placedToEnded.p99.toFixed(1)} ms`;
}

async function measured({ system, job, signal, onProgress }: RunOptions, show: Show): Promise<Run> {
  const before = { cpu: cpuOf(system), busy: busySeconds(), metrics: await metricsOf(system) };
  const loadAverage = loadavg()[0] ?? 0;
  const started = performance.now();
  const sampler = startSampler(system);
  try {
    const load = await system.load.run(job, told(job, show, sampler, started, onProgress), signal);
    const ended = performance.now();
    const untilEnded = useSince(system, before.cpu, sampler).filter(({ name }) => name !== 'load');
    const [archive] = await Promise.all([waitForArchive(system, signal), quiet(system, signal)]);
    const now = performance.now();
    const processes = useSince(system, before.cpu, sampler);
    const own = sum(processes.map(({ cpuSeconds }) => cpuSeconds));
    const capacity = ((now - started) / 1_000) * cpus().length;
    return {
      load,
      ordersPerSecond: load.placed / load.endingSeconds,
      quietSeconds: (now - ended) / 1_000,
      archive,
      processes,
      cpuUntilEnded: sum(untilEnded.map(({ cpuSeconds }) => cpuSeconds)),
      batches: batchesBetween(before.metrics, await metricsOf(system)),
      samples: sampler.samples,
      otherLoad: hasProc ? Math.max(0, busySeconds() - before.busy - own) / capacity : Number.NaN,
      loadAverage,
    };
  } finally {
    sampler.stop();
  }
}

function told(job: Job, show: Show, sampler: Sampler, started: number, onProgress: RunOptions['onProgress']) {
  return (progress: LoadProgress) => {
    const seconds = (performance.now() - started) / 1_000;
    const { placed, ended } = progress;
    sampler.progress = progress;
    show(
      ended / job.orders,
      `${integer(placed)} placed, ${integer(ended)} ended of ${integer(job.orders)}, ${integer(ended / seconds)}/s`,
    );
    onProgress?.(progress);
  };
}

interface Sampler {
  samples: Sample[];
  peaks: Map<string, number>;
  progress: LoadProgress;
  stop(): void;
}

function startSampler(system: System): Sampler {
  const started = performance.now();
  const samples: Sample[] = [];
  const peaks = new Map<string, number>();
  const take = () => {
    const memories = system.groups.map(({ name, memory }) => ({ name, ...memory() }));
    for (const { name, peak } of memories) peaks.set(name, Math.max(peak, peaks.get(name) ?? 0));
    const memory = Object.fromEntries(memories.map(({ name, now }) => [name, now]));
    samples.push({ at: (performance.now() - started) / 1_000, ...sampler.progress, memory });
  };
  const timer = setInterval(take, sampleEveryMs);
  const sampler: Sampler = { samples, peaks, progress: { placed: 0, ended: 0 }, stop: () => clearInterval(timer) };
  take();
  return sampler;
}

const cpuOf = (system: System) => new Map(system.groups.map(({ name, cpuSeconds }) => [name, cpuSeconds()]));

function useSince(system: System, before: Map<string, number>, { peaks }: Sampler): ProcessUse[] {
  return system.groups.map(({ name, cpuSeconds, memory }) => ({
    name,
    cpuSeconds: cpuSeconds() - (before.get(name) ?? 0),
    peakMemory: Math.max(memory().peak, peaks.get(name) ?? 0),
  }));
}

function metricsOf(system: System): Promise<{ service: string; metrics: ServiceMetrics }[]> {
  return Promise.all(
    services.map(async ({ name }) => ({ service: name, metrics: await readMetrics(runningUrls(system, name)) })),
  );
}

/** The backlog scenario stops a service. */
const runningUrls = (system: System, service: string) =>
  system
    .instances(service)
    .filter((instance) => instance.pid() !== undefined)
    .map(({ url }) => url);

type ServicesMetrics = Awaited<ReturnType<typeof metricsOf>>;

function batchesBetween(before: ServicesMetrics, after: ServicesMetrics): Batches[] {
  const earlier = new Map(before.map(({ service, metrics }) => [service, metrics]));
  return after.map(({ service, metrics }) => {
    const then = earlier.get(service) ?? metrics;
    return {
      service,
      size: histogramBetween(then.batchSize, metrics.batchSize),
      seconds: histogramBetween(then.batchSeconds, metrics.batchSeconds),
    };
  });
}

/** All orders have ended, but their customers may not have been told yet: nothing is quiet until no service handles anything more. */
async function quiet(system: System, signal: AbortSignal): Promise<void> {
  let last = -1;
  const unchanged = async () => {
    const handled = (await metricsOf(system)).flatMap(({ metrics }) => Object.values(metrics.handled));
    const total = handled.reduce((all, each) => all + each, 0);
    const same = total === last;
    last = total;
    return same;
  };
  await until(unchanged, { timeoutMs: 600_000, everyMs: quietEveryMs, signal, failure: 'The services did not come to rest' });
}

/** A process that has just started runs 20 to 45 % slower than one that has been running: these orders are not measured. */
export async function warmUp(
  options: Omit<RunOptions, 'label' | 'job' | 'onProgress'>,
  orders: number,
  idempotencyKeys: boolean,
): Promise<void> {
  const pace = { kind: 'closed', concurrency: 128 } as const;
  if (orders > 0) await runJob({ ...options, label: 'warm-up', job: { orders, pace, idempotencyKeys } });
  await sleep(500);
}
