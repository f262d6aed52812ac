import type { DataSource } from 'typeorm';
import { type Choreography, emittedBy, emittedIn, type Implementation, topologyOf } from '../choreography/index.js';
import type { ServiceConfig } from '../config/index.js';
import { idempotencySecret, PgBindingRecord, PgEventLog, type Retention, translate } from '../db/index.js';
import { type CommandRouteContext, createApp, type ReadContext, type Route, readiness } from '../http/index.js';
import { createLogger, type Logger, logEndings, pipelineObserver, redact } from '../logging/index.js';
import { AmqpConsumer, LayoutWatch } from '../messaging/index.js';
import type { Observer, Pipeline } from '../pipeline/index.js';
import { createMetrics, definitions, type Metrics } from '../telemetry/index.js';
import { apiInfo, neededBy, type ServiceDescription } from './description.js';
import { newId } from './new-id.js';
import { Assembly, type Part } from './part.js';
import { consumerPart, layoutPart, openBroker } from './parts/broker.js';
import { catchUpPart } from './parts/catch-up.js';
import { databasePart } from './parts/database.js';
import { FeedAccess } from './parts/feed-access.js';
import { housekeepingPart } from './parts/housekeeping.js';
import { serve } from './parts/http.js';
import { inboxPart } from './parts/inbox.js';
import { logPart } from './parts/log.js';
import { pipelinePart } from './parts/pipeline.js';
import { startTraces } from './parts/traces.js';
import type { Resources } from './resources.js';
import { ShutdownStack } from './shutdown-stack.js';

export type ServiceContext<I extends Implementation> = ReadContext & CommandRouteContext<I>;

export interface ServiceOptions<I extends Implementation> extends Omit<ServiceDescription, 'defaults'> {
  readonly config: ServiceConfig;
  /** How long rows are kept that nothing refers to; the inbox's rule is the kit's own. */
  readonly retention?: readonly Retention[];
  /** Joins the declaration and its steps; called once the database is there. */
  implementation(resources: Resources): I;
  readonly routes: readonly Route<ServiceContext<I>>[];
  /** Parts of the service's own; they start when all else has started, just before HTTP. */
  parts?(resources: Resources): readonly Part<ServiceContext<I>>[];
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

/**
 * Starts a service; a broker that is not up yet is waited for. When the start fails, whatever was started is stopped.
 *
 * @throws StartError or BrokerRefused, which say what to do; any other error is a bug
 */
export async function startService<I extends Implementation>(options: ServiceOptions<I>): Promise<RunningService<I>> {
  const { config } = options;
  const logger = options.logger ?? createLogger({ service: config.service, level: config.logLevel });
  const stack = new ShutdownStack();
  const stop = async () => {
    for (const { name, reason } of await stack.run(config.shutdownTimeout)) logger.warn(`${name} did not stop`, { reason });
  };
  try {
    const running = await assemble(options, logger, stack);
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

/** Parts stop in reverse order: HTTP first, then the consumer, then the pipeline finishes, then broker and database are left. */
async function assemble<I extends Implementation>(options: ServiceOptions<I>, logger: Logger, stack: ShutdownStack) {
  const { config } = options;
  const metrics = createMetrics(config.service);
  const observer = pipelineObserver(logger, metrics);
  const assembly = new Assembly(stack, metrics);
  const traces = await startTraces(config, observer, assembly);
  const { dataSource, store, clock } = await assembly.add(databasePart(config, options.tables, options.migrations, logger));
  const onStop = (name: string, close: () => unknown) => stack.add(name, close);
  const resources: Resources = { dataSource, clock, newId, logger, onStop };
  for (const { read, ...gauge } of options.metrics ?? []) if (read !== undefined) metrics.gauge(gauge, () => read(resources));
  const implementation = options.implementation(resources);
  const { choreography } = implementation;
  expectOutcomes(metrics, choreography);
  const topology = topologyOf(choreography, config.retryDelays, config.eventStream === 'on');
  const { broker, amqp } = await openBroker({ config, topology, observer }, assembly);
  const eventLog = new PgEventLog(dataSource);
  const catchUp = catchUpPart({
    config,
    topology,
    emitted: emittedBy(choreography),
    dataSource,
    log: eventLog,
    clock,
    logger,
    metrics,
    copies: amqp,
  });
  const bindingRecord = new PgBindingRecord(dataSource);
  const consuming = { connection: broker.consuming, ownAccount: broker.ownAccount, topology, observer };
  const consumer = new AmqpConsumer({
    ...consuming,
    copies: amqp,
    prefetch: config.prefetch,
    bindingRecord,
    catchUp,
    redact,
    deliver: (delivery) => pipeline.deliver(delivery),
  });
  const watched: Observer = {
    ...observer,
    handled(handled) {
      observer.handled(handled);
      catchUp.handled(handled);
    },
    putAside(message) {
      observer.putAside(message);
      traces?.putAside(message);
    },
  };
  const { pipeline } = await assembly.add(
    pipelinePart(implementation, {
      ...config,
      effectBreaker: { calls: config.breakerCalls, probeAfter: config.breakerProbe },
      intake: consumer,
      store,
      publisher: logEndings(traces?.publisher(amqp) ?? amqp, emittedBy(choreography), logger),
      observer: watched,
      tracing: traces,
      clock,
      newId,
    }),
  );
  await assembly.add(catchUp);
  await assembly.add(consumerPart(consumer));
  metrics.recreated(topology.deadLetterQueue, 0);
  const isLatest = () => bindingRecord.isLatest(topology.bindings);
  await assembly.add(layoutPart(new LayoutWatch({ ...consuming, isLatest, recreated: metrics.recreated })));
  // Before the consumer, which waits for what it has taken.
  stack.add('answers from the log', () => catchUp.close());
  await assembly.add(housekeepingPart(options, { dataSource, store, clock, metrics, logger }));
  const access = await FeedAccess.open(config);
  const log = await assembly.add(logPart({ access, log: eventLog, clock }));
  const inbox = await assembly.add(inboxPart({ access, config, dataSource, choreography }));
  const own = options.parts?.(resources) ?? [];
  for (const part of own) await assembly.add(part);
  metrics.gauge(definitions.ready, () => readiness(assembly.checks));
  const app = createApp<ServiceContext<I>>({
    info: apiInfo(config.service, options),
    routes: [...options.routes, ...[log, inbox, ...own].flatMap((part) => part.routes ?? [])],
    context: { dataSource, pipeline, idempotencySecret: await idempotencySecret(dataSource) },
    hosts: [config.host, ...config.allowedHosts],
    origins: config.allowedOrigins,
    translate,
    checks: assembly.checks,
    needed: neededBy(choreography),
    metrics,
    traces,
    logger,
  });
  const url = await serve(app, config, assembly);
  // Before the HTTP server, which waits for its readers.
  for (const part of [log, ...own]) stack.add(`readers of ${part.name}`, () => part.close?.());
  return { url, pipeline, dataSource };
}

function expectOutcomes(metrics: Metrics, { steps }: Choreography): void {
  for (const [name, { outcomes, effect }] of Object.entries(steps)) {
    if (effect !== undefined) metrics.expectBreaker(effect);
    const ends = Object.entries(outcomes).filter(([, each]) => emittedIn(each).some(({ ending }) => ending !== undefined));
    metrics.expect(
      name,
      Object.keys(outcomes),
      ends.map(([outcome]) => outcome),
    );
  }
}
