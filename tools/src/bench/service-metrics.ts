import { definitions, type Sample, samplesOf, sumOf } from '@quickstep/shared/telemetry';
import { Problem } from '../problem.js';
import { tryFetch } from '../wait.js';

export interface Histogram {
  /** Upper bound of each bucket and how many observations were not above it. */
  buckets: [bound: number, count: number][];
  sum: number;
  count: number;
}

export interface ServiceMetrics {
  batchSize: Histogram;
  batchSeconds: Histogram;
  /** Messages handled, by step. */
  handled: Record<string, number>;
}

/** What the replicas of one service say of themselves, added up. */
export async function readMetrics(urls: readonly string[]): Promise<ServiceMetrics> {
  const texts = await Promise.all(urls.map(readText));
  const samples = texts.flatMap(samplesOf);
  const handled: Record<string, number> = {};
  for (const { name, labels, value } of samples) {
    if (name === definitions.messages.name) handled[labels.step ?? ''] = (handled[labels.step ?? ''] ?? 0) + value;
  }
  return {
    batchSize: histogram(samples, definitions.batchSize.name),
    batchSeconds: histogram(samples, definitions.batchSeconds.name),
    handled,
  };
}

async function readText(url: string): Promise<string> {
  const response = await tryFetch(`${url}/metrics`);
  if (!response?.ok) throw new Problem(`${url}/metrics does not answer; look at that service's log.`);
  return response.text();
}

function histogram(samples: Sample[], name: string): Histogram {
  const total = (suffix: string) => sumOf(samples, name + suffix) ?? 0;
  const buckets = new Map<number, number>();
  for (const each of samples) {
    if (each.name !== `${name}_bucket`) continue;
    const bound = each.labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(each.labels.le);
    buckets.set(bound, (buckets.get(bound) ?? 0) + each.value);
  }
  return { buckets: [...buckets].sort(([a], [b]) => a - b), sum: total('_sum'), count: total('_count') };
}

export function histogramBetween(before: Histogram, after: Histogram): Histogram {
  const earlier = new Map(before.buckets);
  return {
    buckets: after.buckets.map(([bound, count]) => [bound, count - (earlier.get(bound) ?? 0)]),
    sum: after.sum - before.sum,
    count: after.count - before.count,
  };
}

/** The bound of the bucket in which this share of the observations ends. */
export function boundOf({ buckets, count }: Histogram, share: number): number {
  return buckets.find(([, below]) => below >= share * count)?.[0] ?? Number.NaN;
}
