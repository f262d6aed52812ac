import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operationsDescription } from '@quickstep/operations-service/service';
import type { MetricDefinition } from '@quickstep/shared/telemetry';
import { alerts, allMetrics, dashboards, prometheusConfig, rules } from '@quickstep/system/observability';
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

interface Fault {
  readonly what: string;
  /** What must fire under it. */
  readonly alerts: readonly string[];
  /** What may fire besides, as it is so. */
  readonly besides?: readonly string[];
  plant(): Promise<void>;
  mend(): Promise<void>;
}

/** Again and again: what the operations service is looking at just now is not in the queue. */
async function purge(queue: string): Promise<void> {
  await until(
    async () => {
      await system.vhost.api<void>(`/queues/{vhost}/${queue}/contents`, { method: 'DELETE' });
      await prometheus.hasLookedAgain();
      return (await prometheus.firing()).includes('QuickstepMessagesParked') ? undefined : true;
    },
    () => `The queue ${queue} is not empty`,
  );
}
const inTurn = async (work: readonly (() => Promise<unknown>)[]) => {
  for (const each of work) await each();
};
const UNPAYABLE = 5;
const placeUnpayable = () =>
  inTurn(Array.from({ length: UNPAYABLE }, () => () => system.place({ paymentMethod: 'pm_gateway_down' })));
/** What was put off while the breaker was open waits for as long as the breaker would have: up to a minute. */
const PUT_OFF = 120_000;
/** Once all are parked: what comes later would fire again. */
async function purgeUnpayable(): Promise<void> {
  const parked = `quickstep_dead_letter_messages{service="payment-service"} == ${UNPAYABLE}`;
  await until(
    async () => (await prometheus.query(parked)).length > 0 || undefined,
    () => 'Not all of the unpayable orders are parked',
    PUT_OFF,
  );
  await purge('payment-service.dead-letter');
}
/** Whose log cannot be read is missing in the archive, and the operations service says so. */
const UNREAD = ['QuickstepArchiveBehind', 'QuickstepServiceNotReady'];
const DOWN = ['QuickstepServiceDown', 'QuickstepQueueWithoutConsumer'];
let stuck = '';

const faults: readonly Fault[] = [
  {
    what: 'a service is stopped',
    alerts: DOWN,
    besides: UNREAD,
    plant: () => system.stop('shipping'),
    mend: () => system.start('shipping'),
  },
  {
    what: 'the database of a service is away',
    alerts: ['QuickstepDatabaseAway', 'QuickstepServiceNotReady'],
    besides: ['QuickstepArchiveBehind'],
    plant: async () => system.proxy('database').cut(),
    mend: async () => system.proxy('database').mend(),
  },
  {
    what: 'the broker is away from a service that takes an order',
    alerts: ['QuickstepBrokerAway', 'QuickstepServiceNotReady', 'QuickstepOutboxNotDraining'],
    besides: ['QuickstepQueueWithoutConsumer'],
    plant: async () => {
      system.proxy('broker').cut();
      await system.place();
    },
    mend: async () => system.proxy('broker').mend(),
  },
  {
    what: 'a message cannot be read',
    alerts: ['QuickstepMessagesParked'],
    plant: () => system.publish('order.events', 'order.created', 'nonsense {'),
    mend: () => purge('inventory-service.dead-letter'),
  },
  {
    what: 'the payment gateway is away',
    alerts: ['QuickstepRetriesRising', 'QuickstepMessagesParked'],
    plant: () => placeUnpayable(),
    mend: () => purgeUnpayable(),
  },
  {
    what: 'the payment gateway is left alone by its circuit breaker',
    alerts: ['QuickstepEffectAway'],
    besides: [...DOWN, ...UNREAD, 'QuickstepRetriesRising', 'QuickstepMessagesParked'],
    plant: async () => {
      await system.stop('payment');
      await system.start('payment', { BREAKER_CALLS: '2', BREAKER_PROBE_MS: '1000' });
      await placeUnpayable();
    },
    mend: async () => {
      await system.stop('payment');
      await system.start('payment');
      await purgeUnpayable();
    },
  },
  {
    what: 'an order cannot end',
    alerts: ['QuickstepOrdersStuck'],
    besides: [...DOWN, ...UNREAD],
    plant: async () => {
      await system.stop('shipping');
      stuck = await system.place();
      await inTurn([() => system.expire(stuck), () => system.expire(stuck)]);
    },
    mend: async () => {
      await system.start('shipping');
      await system.isIn(stuck, 'COMPLETED', 'CANCELLED');
    },
  },
  {
    what: 'the queue of a service is gone while it is down',
    alerts: ['QuickstepEventUnroutable', 'QuickstepServiceNotReady', 'QuickstepOutboxNotDraining'],
    besides: [...DOWN, ...UNREAD],
    plant: async () => {
      await system.stop('notification');
      await system.vhost.api('/queues/{vhost}/notification-service', { method: 'DELETE' });
      await system.place();
    },
    mend: () => system.start('notification', { CATCH_UP: 'beginning' }),
  },
  {
    what: 'the operations service is stopped',
    alerts: ['QuickstepOperationsDown'],
    plant: () => system.operations.stop(),
    mend: () => system.operations.start(),
  },
  {
    what: 'the log of a service that does its work cannot be read',
    alerts: UNREAD,
    plant: async () => system.operations.log.cut(),
    mend: async () => system.operations.log.mend(),
  },
  {
    what: 'somebody locks the rows of a projection',
    alerts: ['QuickstepProjectionBehind'],
    // It stands still when the database gives its statement up, after half a minute.
    besides: ['QuickstepServiceNotReady'],
    plant: async () => {
      await system.operations.lock('sagas');
      await system.isIn(await system.place(), 'COMPLETED');
    },
    mend: () => system.operations.unlock(),
  },
  {
    what: 'a parked message is left alone for two days',
    alerts: ['QuickstepDeadLettersOld', 'QuickstepMessagesParked'],
    plant: async () => {
      await system.publish('order.events', 'order.created', 'nonsense {');
      await system.operations.ageDeadLetters();
    },
    mend: () => purge('inventory-service.dead-letter'),
  },
];

const silence = () =>
  until(
    async () => ((await prometheus.firing()).length === 0 ? true : undefined),
    () => 'Something still fires',
  );

describe('an alert', () => {
  test('is silent while all is well, with orders of every ending', async () => {
    const ids = await Promise.all([
      system.place(),
      system.place({ paymentMethod: 'pm_card_declined' }),
      system.place({ items: [{ sku: 'SKU-RARE', quantity: 1 }] }),
      system.place({ shippingAddress: { ...JSON.parse('{"name":"A","line1":"B","city":"C","postalCode":"D"}'), country: 'AQ' } }),
    ]);
    for (const id of ids) await system.isIn(id, 'COMPLETED', 'CANCELLED');
    await prometheus.hasLookedAgain();
    expect(await prometheus.firing()).toEqual([]);
  });

  test.each(faults)(
    'fires when $what, and is silent when that is mended',
    async ({ alerts: expected, besides = [], plant, mend }) => {
      const fired = new Set<string>();
      await plant();
      await until(
        async () => {
          for (const each of await prometheus.firing()) fired.add(each);
          return expected.every((each) => fired.has(each)) || undefined;
        },
        () => `Only ${[...fired].join(', ') || 'nothing'} fires`,
      );
      expect([...fired].filter((each) => !expected.includes(each) && !besides.includes(each))).toEqual([]);
      await mend();
      await silence();
    },
  );

  test('each has a fault of its own here', () => {
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
  const empty = await Promise.all(
    queries.map(async ({ title, expr }) => ((await prometheus.query(expr)).length === 0 ? [`${title}: ${expr}`] : [])),
  );
  expect(empty.flat()).toEqual([]);
  expect(await prometheus.query('a_metric_that_nobody_has')).toEqual([]);
});
