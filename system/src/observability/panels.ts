import type { MetricDefinition } from '@quickstep/shared/telemetry';
import { kindOf, unitOf } from './metrics.js';

/** Grafana puts in the range that fits the zoom of the panel. */
const RANGE = '$__rate_interval';

export interface Query {
  readonly expr: string;
  readonly legend: string;
}

export interface PanelDefinition {
  readonly title: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: 'timeseries' | 'stat';
  readonly queries: readonly Query[];
}

const rate = (metric: string) => `rate(${metric}[${RANGE}])`;
const quantile = (share: number, histogram: string, by: string) =>
  `histogram_quantile(${share}, sum by (le, ${by}) (${rate(`${histogram}_bucket`)}))`;

/** What to look at first: the orders, then what keeps them from ending. */
export const overview: readonly PanelDefinition[] = [
  stat('Orders under way', 'By status; what grows here does not end', 'sum(quickstep_open_orders)'),
  stat('Stuck orders', 'Past their deadline, cancellation asked for, and still open', 'sum(quickstep_stuck_orders)'),
  stat('Dead letters', 'Messages that wait for an operator', 'sum(quickstep_dead_letter_messages)'),
  stat('Parts that cannot work', 'Parts of services that are not ready', 'count(quickstep_ready == 0) or vector(0)'),
  series('Orders that ended', 'By ending', 'ops', [
    { expr: `sum by (ending) (${rate('quickstep_saga_seconds_count')})`, legend: '{{ending}}' },
  ]),
  series('From placed to ended', 'Half of the orders, and 95 %, took no longer', 's', [
    { expr: quantile(0.5, 'quickstep_saga_seconds', 'ending'), legend: '{{ending}} p50' },
    { expr: quantile(0.95, 'quickstep_saga_seconds', 'ending'), legend: '{{ending}} p95' },
  ]),
  series('Orders under way by status', 'Where they are', 'short', [
    { expr: 'sum by (status) (quickstep_open_orders)', legend: '{{status}}' },
  ]),
  series('Attempts that failed', 'Messages that wait for another attempt or were parked, by step', 'ops', [
    {
      expr: `sum by (step, result) (${rate('quickstep_messages_total{result=~"retried|parked"}')})`,
      legend: '{{step}} {{result}}',
    },
  ]),
  series('How far services are behind', 'Age of 95 % of the events when what follows was committed', 's', [
    { expr: quantile(0.95, 'quickstep_event_age_seconds', 'service'), legend: '{{service}}' },
  ]),
  series('Waiting', 'Messages in the queues, and entries in the outboxes', 'short', [
    { expr: 'sum by (service) (quickstep_queue_messages)', legend: '{{service}} queue' },
    { expr: 'sum by (service) (quickstep_outbox_entries)', legend: '{{service}} outbox' },
  ]),
  series('Processor time', 'Share of one core, by service', 'percentunit', [
    { expr: `sum by (instance) (${rate('process_cpu_seconds_total{job=~"quickstep.*"}')})`, legend: '{{instance}}' },
  ]),
  series('Event loop delay', '99 % are shorter', 's', [
    { expr: 'max by (instance) (nodejs_eventloop_lag_p99_seconds{job=~"quickstep.*"})', legend: '{{instance}}' },
  ]),
  series("The broker's queues", 'As the broker tells it: messages, also while their service is down', 'short', [
    { expr: 'sum by (queue) (rabbitmq_detailed_queue_messages{job="rabbitmq"})', legend: '{{queue}}' },
  ]),
];

function stat(title: string, description: string, expr: string): PanelDefinition {
  return { title, description, unit: 'short', kind: 'stat', queries: [{ expr, legend: '' }] };
}

function series(title: string, description: string, unit: string, queries: readonly Query[]): PanelDefinition {
  return { title, description, unit, kind: 'timeseries', queries };
}

function queriesOf(metric: MetricDefinition): Query[] {
  const { name, labelNames = [] } = metric;
  const labels = [...new Set(['service', ...labelNames])];
  const by = labels.join(', ');
  const legend = labels.map((label) => `{{${label}}}`).join(' ');
  switch (kindOf(metric)) {
    case 'counter':
      return [{ expr: `sum by (${by}) (${rate(name)})`, legend }];
    case 'histogram':
      return [
        { expr: quantile(0.5, name, by), legend: `${legend} p50` },
        { expr: quantile(0.95, name, by), legend: `${legend} p95` },
      ];
    case 'gauge':
      return [{ expr: `sum by (${by}) (${name})`, legend }];
  }
}

/** One panel for each metric, made of its definition alone. */
export function panelOf(metric: MetricDefinition): PanelDefinition {
  return series(metric.name, metric.help, unitOf(metric), queriesOf(metric));
}
