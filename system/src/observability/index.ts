import type { MetricDefinition } from '@quickstep/shared/telemetry';
import { stringify } from 'yaml';
import { type Files, json } from '../documents/files.js';
import { operations } from '../operations.js';
import { serviceNames, services } from '../services.js';
import { alerts, PRODUCTION } from './alerts.js';
import { dashboard } from './grafana.js';
import { allMetrics } from './metrics.js';
import { overview, panelOf } from './panels.js';
import { prometheusConfig } from './prometheus.js';
import { rules, ruleTests } from './rules.js';

export { type Alert, alerts, PRODUCTION, type Timing } from './alerts.js';
export { allMetrics } from './metrics.js';
export { prometheusConfig, type ScrapeOptions } from './prometheus.js';
export { rules } from './rules.js';

/** Grafana's panels, by dashboard. @param ofOperations metrics of the operations service, which depends on this list of services */
export async function dashboards(ofOperations: readonly MetricDefinition[] = []) {
  const metrics = await allMetrics();
  return [
    dashboard('quickstep-overview', 'Quickstep: orders', overview),
    dashboard('quickstep-metrics', 'Quickstep: every metric', metrics.map(panelOf)),
    ...(ofOperations.length === 0
      ? []
      : [dashboard('quickstep-operations', 'Quickstep: operations service', ofOperations.map(panelOf))]),
  ];
}

const yaml = (value: unknown) => `# Written by \`npm run docs\`.\n${stringify(value, { lineWidth: 0 })}`;

/** As Compose names them. */
const inCompose = {
  interval: '15s',
  ruleFiles: ['/etc/prometheus/rules.yml'],
  services: serviceNames.map((name) => `${services[name].choreography.service}:${services[name].port}`),
  operations: `${operations.service}:${operations.port}`,
  broker: 'rabbitmq:15692',
  vhost: 'quickstep',
};

/** A table for docs/observability.md. */
function alertTable(): string {
  const rows = alerts.map(
    ({ name, summary, hold, severity, remedy }) => `| \`${name}\` | ${summary} | ${hold} | ${severity} | ${remedy} |`,
  );
  return ['| alert | when | for | severity | what to do |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

export interface Observability {
  /** By their path below `observability`. */
  readonly files: Files;
  /** Parts of docs/observability.md, by the name in their markers. */
  readonly parts: Files;
}

/** What Prometheus and Grafana are given: made of the metrics' definitions and the list of alerts. */
export async function observability(ofOperations: readonly MetricDefinition[]): Promise<Observability> {
  const made = await dashboards(ofOperations);
  return {
    files: new Map([
      ['prometheus/prometheus.yml', yaml(prometheusConfig(inCompose))],
      ['prometheus/rules.yml', yaml(rules(PRODUCTION))],
      ['prometheus/rules.test.yml', yaml(ruleTests('rules.yml'))],
      ...made.map((each) => [`grafana/dashboards/${each.uid}.json`, json(each)] as const),
    ]),
    parts: new Map([['alerts', alertTable()]]),
  };
}
