import type { DataSource, EntitySchema, MigrationInterface } from 'typeorm';
import { type Implementation, topologyOf } from '../choreography/index.js';
import type { ServiceConfig } from '../config/index.js';
import {
  createDataSource,
  ensureDatabase,
  KitTables1760000000000,
  migrate,
  PgBindingRecord,
  PgStore,
  QueueDeclarations1760000000000,
  translate,
} from '../db/index.js';
import type { EventContract } from '../events/index.js';
import {
  type CommandRouteContext,
  createApp,
  listen,
  messageClassesOf,
  type ReadContext,
  type ReadinessCheck,
  type Route,
} from '../http/index.js';
import { createLogger, type Logger, logEndings, pipelineObserver, reasonOf } from '../logging/index.js';
import { AmqpConsumer, AmqpPublisher, connectBroker } from '../messaging/index.js';
import { type Clock, type NewId, type Observer, Pipeline } from '../pipeline/index.js';
import { createMetrics, definitions, type Metrics } from '../telemetry/index.js';
import { repeat } from './repeat.js';
import { explainDatabase, explainPort } from './start-error.js';
import { newId, systemClock } from './system.js';
import { Undo } from './undo.js';

/** What a service may build its own parts from. */
export interface Resources {
  readonly dataSource: DataSource;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  /** Registers how something acquired is given back when the service stops, after everything that may use it. */
  onStop(name: string, close: () => unknown): void;
}

export interface ServiceGauge {
  /** `quickstep_...` */
  readonly name: string;
  readonly help: string;
  read(dataSource: DataSource): Promise<number>;
}

export type ServiceContext<I extends Implementation> = ReadContext & CommandRouteContext<I>;

export interface ServiceOptions<I extends Implementation> {
  readonly config: ServiceConfig;
  /** One sentence for the OpenAPI document. */
  readonly description: string;
  readonly entities: readonly EntitySchema[];
  /** The service's own; the kit's come before them. */
  readonly migrations: readonly (new () => MigrationInterface)[];
  /** Joins the declaration and its steps; called once the database is there. */
  implementation(resources: Resources): I;
  readonly routes: readonly Route<ServiceContext<I>>[];
  /** Events by which this service ends a saga, logged at `info`. */
  readonly endings?: readonly EventContract[];
  /** Keep a history of every event consumed and emitted. */
  readonly journal?: boolean;
  /** What this service counts by asking its database whenever the metrics are read. */
  readonly gauges?: readonly ServiceGauge[];
  /** What this service needs beyond database and broker to do its work. */
  checks?(resources: Resources): readonly ReadinessCheck[];
  readonly logger?: Logger;
}

export interface RunningService<I extends Implementation = Implementation> {
  /** `http://host:port` */
  readonly url: string;
  readonly pipeline: Pipeline<I>;
  readonly dataSource: DataSource;
  /** Finishes what is in flight and closes everything, within `SHUTDOWN_TIMEOUT_MS`; a second call waits for the first. */
  stop(): Promise<void>;
}

/** Two for the store, one for a ledger, the rest for reading routes. */
const POOL_SIZE = 10;
const PRUNE_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * Starts a service: database, broker, pipeline and HTTP, in this order; a broker that is not up yet is waited for. When the start
 * fails, whatever it had acquired is given back.
 *
 * @throws StartError or BrokerRefused, which say what to do; any other error is a bug
 */
export async function startService<I extends Implementation>(options: ServiceOptions<I>): Promise<RunningService<I>> {
  const { config } = options;
  const logger = options.logger ?? createLogger({ service: config.service, level: config.logLevel });
  const undo = new Undo();
  const stop = async () => {
    for (const { name, reason } of await undo.run(config.shutdownTimeout)) logger.warn(`${name} did not stop`, { reason });
  };
  try {
    const running = await compose(options, logger, undo);
    logger.info('started', { url: running.url });
    let stopped: Promise<void> | undefined;
    return {
      ...running,
      stop() {
        stopped ??= stop().then(() => logger.info('stopped'));
        return stopped;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function compose<I extends Implementation>(options: ServiceOptions<I>, logger: Logger, undo: Undo) {
  const { config } = options;
  const metrics = createMetrics(config.service);
  const observer = pipelineObserver(logger, metrics);
  const dataSource = await openDatabase(options, undo);
  const store = new PgStore(dataSource, config.rowCache);
  undo.add('store', () => store.close());
  const onStop = (name: string, close: () => unknown) => undo.add(name, close);
  const resources: Resources = { dataSource, clock: systemClock, newId, logger, onStop };
  const implementation = options.implementation(resources);
  const { pipeline, checks, parked } = await openPipeline(implementation, options, { dataSource, store, observer, logger, undo });
  undo.add('housekeeping', prunes(store, config, logger));
  watch(metrics, dataSource, pipeline);
  metrics.gauge(definitions.parked, parked);
  for (const gauge of options.gauges ?? []) metrics.gauge(gauge, () => gauge.read(dataSource));
  const database: ReadinessCheck = {
    name: 'database',
    check: async () => void (await dataSource.query('select 1')),
  };
  const app = createApp<ServiceContext<I>>({
    info: { title: config.service, version: '1.0', description: options.description },
    routes: options.routes,
    context: { dataSource, pipeline },
    translate,
    checks: [database, ...checks, ...(options.checks?.(resources) ?? [])],
    metrics,
    logger,
  });
  const server = await listen(app, config, messageClassesOf(app)).catch((error: unknown) => {
    throw explainPort(error, config);
  });
  undo.add('HTTP server', (signal) => {
    signal.addEventListener('abort', server.abort, { once: true });
    return server.close();
  });
  return { url: server.url, pipeline, dataSource };
}

async function openDatabase<I extends Implementation>(
  { config, entities, migrations }: ServiceOptions<I>,
  undo: Undo,
): Promise<DataSource> {
  const dataSource = createDataSource({
    url: config.postgresUrl,
    applicationName: config.service,
    entities,
    migrations: [KitTables1760000000000, QueueDeclarations1760000000000, ...migrations],
    poolSize: POOL_SIZE,
  });
  try {
    await ensureDatabase(config.postgresUrl);
    await dataSource.initialize();
    undo.add('database', () => dataSource.destroy());
    await migrate(dataSource);
    return dataSource;
  } catch (error) {
    throw explainDatabase(error, config);
  }
}

interface PipelineParts {
  readonly dataSource: DataSource;
  readonly store: PgStore;
  readonly observer: Observer;
  readonly logger: Logger;
  readonly undo: Undo;
}

/** Registered so that, when stopping, consuming ends first, then the pipeline finishes, then the broker is left. */
async function openPipeline<I extends Implementation>(
  implementation: I,
  { config, journal = false, endings = [] }: ServiceOptions<I>,
  { dataSource, store, observer, logger, undo }: PipelineParts,
) {
  const { service, rabbitmqUrl: url, retryDelays, prefetch } = config;
  const topology = topologyOf(implementation.choreography, retryDelays);
  const broker = await connectBroker({ url, service, observer });
  undo.add('broker connections', () => broker.close());
  const batched = config.eventBatching === 'on';
  const publisher = new AmqpPublisher({ connection: broker.publishing, topology, observer, batched });
  undo.add('publisher', () => publisher.stop());
  await publisher.start();
  const pipeline = new Pipeline(implementation, {
    ...config,
    store,
    publisher: logEndings(publisher, new Set(endings.map(({ type }) => type)), logger),
    observer,
    journal,
    clock: systemClock,
    newId,
    retries: retryDelays.length,
  });
  undo.add('pipeline', () => pipeline.stop());
  pipeline.start();
  const deliver = pipeline.deliver.bind(pipeline);
  const consumer = new AmqpConsumer({
    connection: broker.consuming,
    topology,
    observer,
    copies: publisher,
    prefetch,
    bindingRecord: new PgBindingRecord(dataSource),
    deliver,
  });
  undo.add('consumer', (signal) => consumer.stop(signal));
  await consumer.start();
  const checks: ReadinessCheck[] = [
    { name: 'consumer', check: () => (consumer.subscribed ? undefined : 'not subscribed to its queue') },
    { name: 'publisher', check: () => (publisher.ready ? undefined : 'the broker takes no events') },
    { name: 'routing', check: () => unroutable(pipeline.relay.unroutable) },
  ];
  return { pipeline, checks, parked: () => consumer.parked() };
}

function unroutable(types: readonly string[]): string | undefined {
  return types.length === 0 ? undefined : `no queue wants ${types.join(', ')}: start the services that consume them`;
}

/** Forgets, from time to time, the inbox rows whose messages cannot come again. */
function prunes(store: PgStore, { inboxRetentionDays }: ServiceConfig, logger: Logger): () => Promise<void> {
  return repeat(systemClock, PRUNE_EVERY_MS, async () => {
    try {
      await store.prune(new Date(Date.now() - inboxRetentionDays * DAY_MS));
    } catch (error) {
      logger.warn('the inbox could not be pruned; it is tried again in an hour', { reason: reasonOf(error) });
    }
  });
}

function watch(metrics: Metrics, dataSource: DataSource, pipeline: Pipeline): void {
  metrics.gauge(definitions.unroutable, () => pipeline.relay.unroutable.length);
  metrics.gauge(definitions.outbox, async () => {
    const [row]: { entries: number }[] = await dataSource.query('select count(*)::int as entries from outbox');
    return row?.entries ?? 0;
  });
}
