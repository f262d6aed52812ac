import { definitions, type MetricDefinition } from '@quickstep/shared/telemetry';
import { serviceNames, services } from '../services.js';

/** Every metric that some service has, each once: what dashboards are made of. A new definition is a new panel. */
export async function allMetrics(): Promise<readonly MetricDefinition[]> {
  const described = await Promise.all(serviceNames.map((name) => services[name].describe()));
  const particular = described.flatMap(({ metrics = [] }) => metrics);
  const byName = new Map([...Object.values<MetricDefinition>(definitions), ...particular].map((each) => [each.name, each]));
  return [...byName.values()];
}

export type MetricKind = 'counter' | 'histogram' | 'gauge';

export function kindOf(metric: MetricDefinition): MetricKind {
  if (metric.name.endsWith('_total')) return 'counter';
  return metric.buckets === undefined ? 'gauge' : 'histogram';
}

/** Grafana's unit of a metric, which its name tells. */
export function unitOf(metric: MetricDefinition): string {
  if (kindOf(metric) === 'counter') return 'ops';
  return metric.name.endsWith('_seconds') ? 's' : 'short';
}
