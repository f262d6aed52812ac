import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operationsDescription } from '@quickstep/operations-service/service';
import type { MetricDefinition } from '@quickstep/shared/telemetry';
import { alerts, allMetrics, dashboards, prometheusConfig, rules } from '@quickstep/system/observability';
import { plantedFaults } from './support/planted-faults.js';
import { PrometheusServer, promtool } from './support/prometheus-server.js';
import { until } from './support/until.js';
import { WatchedSystem } from './support/watched-system.js';

const folder = resolve(__dirname, '../observability/prometheus');
/** Several scrapes long. */
const WINDOW = '5s';
/** More than one scrape: a busy machine may miss one. */
const HOLD = '2s';
/** Longer than a crowd of events is waited for. Seconds. */
const BEHIND = 5;

let system: WatchedSystem;
let prometheus: PrometheusServer;

async function brokerTarget(): Promise<string> {
  const { listeners } = await system.vhost.api<{ listeners: { protocol: string; port: number }[] }>('/overview');
  const port = listeners.find(({ protocol }) => protocol === 'http/prometheus')?.port;
  if (port === undefined) throw new Error('The broker has no Prometheus plugin: rabbitmq-plugins enable rabbitmq_prometheus');
  return `127.0.0.1:${port}`;
}

beforeAll(async () => {
  system = await WatchedSystem.open();
  const ruleFiles = ['rules.json'];
  const scraped = {
    interval: '500ms',
    ruleFiles,
    services: system.targets,
    operations: system.operations.target,
    broker: await brokerTarget(),
    vhost: system.vhost.name,
  };
  prometheus = await PrometheusServer.start({
    'prometheus.yml': prometheusConfig(scraped),
    'rules.json': rules({ window: WINDOW, hold: HOLD, outboxAge: 1, behind: BEHIND }),
  });
});
afterAll(async () => {
  await prometheus?.stop();
  await system?.close();
});

describe('promtool', () => {
  test('finds nothing wrong with rules and configuration, and the rules pass their tests', async () => {
    expect(await promtool(['check', 'rules', join(folder, 'rules.yml')])).toContain(`${alerts.length} rules found`);
    await promtool(['check', 'config', '--syntax-only', join(folder, 'prometheus.yml')]);
    expect(await promtool(['test', 'rules', join(folder, 'rules.test.yml')])).toContain('SUCCESS');
  });

  test.each(['order', 'payment'] as const)('finds nothing wrong with the names of the metrics of %s', async (name) => {
    expect(await promtool(['check', 'metrics'], await system.metrics(name))).toBe('');
  });

  test('finds nothing wrong with the names of the metrics of operations', async () => {
    expect(await promtool(['check', 'metrics'], await system.operations.metrics())).toBe('');
  });
});

test('labels are words of the declarations, never ids', async () => {
  const id = await system.place();
  await system.isIn(id, 'COMPLETED');
  const bounded = new Set([
    'step',
    'result',
    'outcome',
    'ending',
    'work',
    'method',
    'route',
    'status',
    'table',
    'to',
    'effect',
    'state',
    'service',
    'projection',
    'queue',
  ]);
  const metrics: readonly MetricDefinition[] = [...(await allMetrics()), ...operationsDescription.metrics];
  const labels = metrics.flatMap(({ labelNames = [] }) => labelNames);
  expect(labels.filter((label) => !bounded.has(label))).toEqual([]);
  for (const text of [await system.metrics('order'), await system.operations.metrics()])
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
});

const faults = plantedFaults({ system: () => system, prometheus: () => prometheus });

const silence = () =>
  until(
    async () => ((await prometheus.firing()).length === 0 ? true : undefined),
    () => 'Something still fires',
  );

/** That an alert's condition makes no other fire is proved by the rules' tests: on a live machine more than what was planted may be late. */
describe('an alert', () => {
  test('is silent once orders of every ending have ended', async () => {
    const ids = await Promise.all([
      system.place(),
      system.place({ paymentMethod: 'pm_card_declined' }),
      system.place({ items: [{ sku: 'SKU-RARE', quantity: 1 }] }),
      system.place({ shippingAddress: { ...JSON.parse('{"name":"A","line1":"B","city":"C","postalCode":"D"}'), country: 'AQ' } }),
    ]);
    for (const id of ids) await system.isIn(id, 'COMPLETED', 'CANCELLED');
    await prometheus.hasLookedAgain();
    // A busy machine may be late by more than these rules allow, for a moment.
    await silence();
  });

  test.each(faults)('fires when $what, and is silent when that is mended', async ({ alerts: expected, plant, mend }) => {
    const fired = new Set<string>();
    await plant();
    await until(
      async () => {
        for (const each of await prometheus.firing()) fired.add(each);
        return expected.every((each) => fired.has(each)) || undefined;
      },
      () => `Only ${[...fired].join(', ') || 'nothing'} fires`,
    );
    await mend();
    await silence();
  });

  test('each fires under one of these faults', () => {
    const planted = new Set(faults.flatMap((fault) => fault.alerts));
    expect(alerts.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
  });
});

test('every query of every panel finds something', async () => {
  const queries = (await dashboards(operationsDescription.metrics)).flatMap(({ panels }) =>
    panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({ title, expr: expr.replaceAll('$__rate_interval', WINDOW) })),
    ),
  );
  await Promise.all(
    queries.map(({ title, expr }) =>
      until(
        async () => (await prometheus.query(expr)).length || undefined,
        () => `${title} finds nothing: ${expr}`,
      ),
    ),
  );
  expect(await prometheus.query('a_metric_that_nobody_has')).toEqual([]);
});
