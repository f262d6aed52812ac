import { readFileSync } from 'node:fs';
import { DEFAULT_RETRY_DELAYS } from '../choreography/index.js';
import {
  beginning,
  choice,
  integer,
  integers,
  names,
  optional,
  origins,
  serverUrl,
  share,
  text,
  type Variable,
  WrongValue,
} from './variables.js';

/** Configuration property -> the variable that it is read from. */
export type Variables = Readonly<Record<string, Variable<unknown>>>;

export type ValuesOf<V extends Variables> = { readonly [Name in keyof V]: V[Name] extends Variable<infer Value> ? Value : never };

export interface Defaults<Own extends Variables> {
  readonly service: string;
  readonly port: number;
  /** Variables that only this service has. */
  readonly own?: Own;
}

function passwordFile(server: 'RABBITMQ' | 'POSTGRES') {
  const description = `File with the password of the account that ${server}_URL names`;
  const example = `/run/secrets/${server.toLowerCase()}-password`;
  return optional(text(`${server}_PASSWORD_FILE`, description, { example }), 'the password stands in the URL');
}

/** The variables that every service reads. */
export function serviceVariables({ service, port }: { readonly service: string; readonly port: number }) {
  const database = service.replace(/-service$/, '');
  return {
    host: text('HOST', 'Address to listen on', { fallback: '127.0.0.1', example: '0.0.0.0' }),
    allowedHosts: names('ALLOWED_HOSTS', 'Names that the service goes by, besides HOST, localhost and loopback addresses', {
      fallback: '',
      example: 'order-service,orders.example.com',
    }),
    allowedOrigins: origins('ALLOWED_ORIGINS', 'Origins of web pages that may read and write here (CORS)', {
      fallback: '',
      example: 'https://shop.example.com',
    }),
    connectionLimit: integer('CONNECTION_LIMIT', 'HTTP connections at most; more are closed as they come', {
      fallback: '2000',
      max: 65_535,
    }),
    port: integer('PORT', 'Port to listen on; 0 takes any free one', { fallback: String(port), min: 0, max: 65_535 }),
    rabbitmqUrl: serverUrl('RABBITMQ_URL', 'The broker and its virtual host', ['amqp:', 'amqps:'], {
      example: `amqp://${service}:<password>@127.0.0.1:5672/quickstep`,
    }),
    postgresUrl: serverUrl('POSTGRES_URL', "This service's own database; created when missing", ['postgres:', 'postgresql:'], {
      example: `postgres://${service}:<password>@127.0.0.1:5432/${database}`,
      needsPath: true,
    }),
    rabbitmqPasswordFile: passwordFile('RABBITMQ'),
    postgresPasswordFile: passwordFile('POSTGRES'),
    logLevel: choice('LOG_LEVEL', 'Lines of this level and of more severe ones are logged', ['info', 'error', 'warn', 'debug'], {
      fallback: 'info',
    }),
    batchLimit: integer('BATCH_LIMIT', 'Messages in one transaction at most', { fallback: '1000', max: 5_000 }),
    linger: integer(
      'LINGER_MS',
      'Longest wait for more messages before a transaction begins, when many arrive or no saga waits for them; 0: never wait',
      {
        fallback: '60',
        min: 0,
        max: 1_000,
      },
    ),
    prefetchLimit: optional(
      integer('PREFETCH', 'Deliveries that the broker hands out before they are settled', { example: '400', max: 65_535 }),
      'twice BATCH_LIMIT; 20 when EVENT_BATCHING is on, as a message may then carry 200 events',
    ),
    retryDelays: integers('RETRY_DELAYS_MS', 'How long a failed delivery waits before each new attempt; then it is parked', {
      fallback: DEFAULT_RETRY_DELAYS.join(','),
      example: '200,1000,5000',
    }),
    sweepEvery: integer('SWEEP_EVERY_MS', 'How often the outbox is searched for events that were not published', {
      fallback: '1000',
    }),
    sweepAfter: integer('SWEEP_AFTER_MS', 'Age at which an event in the outbox counts as not published', { fallback: '10000' }),
    timersEvery: integer('TIMERS_EVERY_MS', 'How often timers look for rows that are due', { fallback: '1000' }),
    effectTimeout: integer('EFFECT_TIMEOUT_MS', 'How long a gateway or carrier may take to answer before it is asked again', {
      fallback: '30000',
    }),
    effectConcurrency: integer('EFFECT_CONCURRENCY', 'Calls to one gateway or carrier that run at the same time, at most', {
      fallback: '500',
      max: 10_000,
    }),
    breakerCalls: integer(
      'BREAKER_CALLS',
      'Calls to one gateway or carrier over which failures are counted: when more than half have failed the circuit opens and no calls are made; a message that fails again while others succeed does not count',
      { fallback: '20', min: 2, max: 10_000 },
    ),
    breakerProbe: integer(
      'BREAKER_PROBE_MS',
      'How long a circuit stays open before one call tries whether the gateway or carrier is back; up to 12 times as long while it is not',
      { fallback: '5000' },
    ),
    catchUp: beginning('CATCH_UP'),
    commandLimit: integer('COMMAND_LIMIT', 'Requests that may wait; more are answered 503', { fallback: '5000' }),
    eventBatching: choice('EVENT_BATCHING', 'Several events in one AMQP message under load', ['off', 'on'], { fallback: 'off' }),
    eventStream: choice(
      'EVENT_STREAM',
      'A copy of every event in the RabbitMQ stream `events`, for readers of other systems; set it for all services alike',
      ['off', 'on'],
      { fallback: 'off' },
    ),
    shutdownTimeout: integer('SHUTDOWN_TIMEOUT_MS', 'How long a stop may take before unfinished work is abandoned', {
      fallback: '10000',
    }),
    inboxRetentionDays: integer(
      'INBOX_RETENTION_DAYS',
      'How long handled events are remembered; older dead letters are not sent again',
      { fallback: '30', max: 3_650 },
    ),
    recordRetentionDays: integer(
      'RECORD_RETENTION_DAYS',
      'How long records that no saga needs any more are kept (answers of providers, adjustments, notifications); 0: for ever',
      { fallback: '365', min: 0, max: 36_500 },
    ),
    logRetentionDays: integer(
      'LOG_RETENTION_DAYS',
      'How long the log of emitted events is kept, by whole months; dropped events cannot be read, replayed or asked for; 0 keeps all',
      { fallback: '0', min: 0, max: 36_500 },
    ),
    otlpEndpoint: optional(
      serverUrl(
        'OTEL_EXPORTER_OTLP_ENDPOINT',
        'Receiver of traces (OTLP over HTTP, JSON), without /v1/traces',
        ['http:', 'https:'],
        {
          example: 'http://127.0.0.1:4318',
        },
      ),
      'nothing is traced',
    ),
    tracesSampler: choice(
      'OTEL_TRACES_SAMPLER',
      'Which traces are recorded',
      ['parentbased_always_on', 'parentbased_traceidratio', 'parentbased_always_off', 'always_on', 'traceidratio', 'always_off'],
      { fallback: 'parentbased_always_on' },
    ),
    tracesRatio: share('OTEL_TRACES_SAMPLER_ARG', 'Share of the traces that the samplers with a ratio record', {
      fallback: '1',
      example: '0.1',
    }),
    installationSecretFile: optional(
      text('INSTALLATION_SECRET_FILE', 'File with the secret of the installation, which opens the feed of the log', {
        example: '/var/lib/quickstep/installation-secret',
      }),
      'the feed is closed',
    ),
  };
}

const PREFETCH_OF_BATCHED_EVENTS = 20;

type Read = ValuesOf<ReturnType<typeof serviceVariables>>;

/** Times are in milliseconds. */
export interface ServiceConfig extends Omit<Read, 'prefetchLimit' | 'rabbitmqPasswordFile' | 'postgresPasswordFile'> {
  readonly service: string;
  readonly prefetch: number;
}

/** The environment does not fit; the message names every variable to mend. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

function problemOf(variable: Variable<unknown>, problem: string): string {
  return `  ${variable.name} ${problem}\n    ${variable.description}\n    for example ${variable.name}=${variable.example}`;
}

function readOne<Value>(variable: Variable<Value>, env: NodeJS.ProcessEnv, problems: string[]): Value | undefined {
  const given = env[variable.name]?.trim() || variable.fallback;
  try {
    if (given === undefined) throw new WrongValue('is not set');
    return variable.parse(given);
  } catch (error) {
    if (!(error instanceof WrongValue)) throw error;
    problems.push(problemOf(variable, error.message));
    return undefined;
  }
}

/** With no problem noted, each property holds what its variable parsed to. */
function complete<V extends Variables>(_values: object, problems: readonly string[]): _values is ValuesOf<V> {
  return problems.length === 0;
}

/** A file rather than a variable: the environment of a process is seen by whoever may look at the process. */
function withPassword(url: string, variable: string, file: string | undefined, problems: string[]): string {
  if (file === undefined) return url;
  try {
    const complete = new URL(url);
    complete.password = encodeURIComponent(readFileSync(file, 'utf8').trim());
    return complete.href;
  } catch (error) {
    problems.push(`  ${variable} names a file that cannot be read: ${error instanceof Error ? error.message : error}`);
    return url;
  }
}

function readAll<V extends Variables>(
  variables: V | undefined,
  env: NodeJS.ProcessEnv,
  problems: string[],
): ValuesOf<V> | undefined {
  const read = Object.entries(variables ?? {}).map(([property, variable]) => [property, readOne(variable, env, problems)]);
  const values = Object.fromEntries(read);
  return complete<V>(values, problems) ? values : undefined;
}

/**
 * Reads a service's configuration, frozen: the only place that looks at `process.env`. An empty variable counts as not set.
 *
 * @throws ConfigError naming every missing or wrong variable at once, each with what is wrong and an example
 */
export function readConfig<const Own extends Variables = Record<never, never>>(
  { service, port, own }: Defaults<Own>,
  env: NodeJS.ProcessEnv = process.env,
): Readonly<ServiceConfig & ValuesOf<Own>> {
  const problems: string[] = [];
  const common = readAll(serviceVariables({ service, port }), env, problems);
  const particular = readAll(own, env, problems);
  const wrong = () => new ConfigError(`${service} needs these environment variables to be set right:\n${problems.join('\n')}`);
  if (common === undefined || particular === undefined) throw wrong();
  const { prefetchLimit, rabbitmqPasswordFile, postgresPasswordFile, ...values } = common;
  const rabbitmqUrl = withPassword(values.rabbitmqUrl, 'RABBITMQ_PASSWORD_FILE', rabbitmqPasswordFile, problems);
  const postgresUrl = withPassword(values.postgresUrl, 'POSTGRES_PASSWORD_FILE', postgresPasswordFile, problems);
  if (problems.length > 0) throw wrong();
  const prefetch = prefetchLimit ?? (values.eventBatching === 'on' ? PREFETCH_OF_BATCHED_EVENTS : values.batchLimit * 2);
  return Object.freeze({ ...values, ...particular, rabbitmqUrl, postgresUrl, service, prefetch });
}
