import { join, resolve } from 'node:path';
import { serviceVariables, withPath } from '@quickstep/shared/config';
import { services as listed, operations, serviceNames } from '@quickstep/system';
import { inherited } from './environment.js';
import { root } from './paths.js';
import { Problem } from './problem.js';
import type { ServiceSpec } from './supervisor.js';

export interface Service {
  name: string;
  /** What its environment variables begin with. */
  prefix: string;
  standardPort: number;
  database: string;
}

/** The services that take part in the saga, as the launcher runs them. */
export const sagaServices: readonly Service[] = serviceNames.map((each) => {
  const { choreography, port, database } = listed[each];
  return { name: choreography.service, prefix: each.toUpperCase(), standardPort: port, database };
});

/** The operator's. */
export const operationsService: Service = {
  name: operations.service,
  prefix: 'OPERATIONS',
  standardPort: operations.port,
  database: operations.database,
};

export const services: readonly Service[] = [...sagaServices, operationsService];

export function serviceNamed(name: string): Service {
  const found = services.find((service) => service.name === name);
  if (!found) throw new Problem(`There is no service called ${name}.`);
  return found;
}

const begins = serviceNamed('order-service');

/**
 * The service that begins the sagas comes after the others: an event that one of its consumers' queues takes does not come back, so the
 * queues of all its consumers must be there before the first. The operator's service is ready when it reads the logs of all others.
 */
export const startingOrder: readonly (readonly Service[])[] = [
  sagaServices.filter((service) => service !== begins),
  [begins],
  [operationsService],
];

/** `<SERVICE>_PORT`, or the standard port moved by PORT_OFFSET. */
export function portOf(service: Service): number {
  const own = process.env[`${service.prefix}_PORT`];
  const port = own ? Number(own) : service.standardPort + Number(process.env.PORT_OFFSET ?? 0);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Problem(
    `The port of ${service.name} is not a number between 1 and 65535: check ${service.prefix}_PORT and PORT_OFFSET.`,
  );
}

/** The entries of `SERVICE_URLS`: `service=URL`. */
const givenUrls = () => (process.env.SERVICE_URLS ?? '').split(',').map((entry) => entry.trim());

/** `<SERVICE>_URL`, or its entry in `SERVICE_URLS` (`order-service=http://...,...`), or this machine. */
export function urlOf(service: Service): string {
  const listed = givenUrls().find((entry) => entry.startsWith(`${service.name}=`));
  const own = process.env[`${service.prefix}_URL`] || listed?.slice(service.name.length + 1);
  return own ? own.replace(/\/+$/, '') : `http://${reachableHost()}:${portOf(service)}`;
}

/**
 * Mebibytes: rows and events live for a batch; a young generation that holds several batches saves most of the collector's work. It has
 * that size from the start and keeps it: to let it shrink and grow again is to ask the system for the same pages again and again. As
 * arguments, because Node.js does not take the first of them from `NODE_OPTIONS`.
 */
export const nodeArguments = ['--min-semi-space-size=64', '--max-semi-space-size=64'];

/** Where a service that listens on `HOST` is reached from this machine. */
export function reachableHost(): string {
  const host = process.env.HOST ?? '127.0.0.1';
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}

/** The accounts that a service uses. */
export interface Login {
  rabbitmqPasswordFile?: string;
  postgresPasswordFile?: string;
}

export interface SpecOptions {
  service: Service;
  servers: { rabbitmqUrl: string; postgresUrl: string; installationSecretFile: string };
  /** Of its own, where it has them; else it uses those of the servers. */
  login?: Login | undefined;
  /** Where its log and the record of its process are kept. */
  directory: string;
  port?: number;
  /** Tells several processes of one service apart. */
  replica?: number;
  env?: NodeJS.ProcessEnv;
  /** The folder that contains the folders of the services. */
  from?: string;
}

export function specOf({
  service,
  servers,
  login = {},
  directory,
  port = portOf(service),
  replica = 1,
  env,
  from = root,
}: SpecOptions): ServiceSpec {
  const name = replica === 1 ? service.name : `${service.name}-${replica}`;
  const host = process.env.HOST ?? '127.0.0.1';
  return {
    name,
    nodeArguments,
    script: resolve(from, service.name, 'dist', 'main.js'),
    directory,
    logFile: join(directory, 'logs', `${name}.log`),
    url: `http://${reachableHost()}:${port}`,
    env: {
      ...settingsOf(service),
      HOST: host,
      PORT: `${port}`,
      RABBITMQ_URL: accountUrl(servers.rabbitmqUrl, service, login.rabbitmqPasswordFile),
      POSTGRES_URL: accountUrl(databaseUrl(servers.postgresUrl, service), service, login.postgresPasswordFile),
      ...(login.rabbitmqPasswordFile && { RABBITMQ_PASSWORD_FILE: login.rabbitmqPasswordFile }),
      ...(login.postgresPasswordFile && { POSTGRES_PASSWORD_FILE: login.postgresPasswordFile }),
      INSTALLATION_SECRET_FILE: servers.installationSecretFile,
      ...(service === operationsService ? { SERVICE_URLS: serviceUrls() } : {}),
      ...env,
    },
  };
}

/**
 * What a service inherits: its settings, those of PostgreSQL's client for a given server, and what Node.js itself reads. Whatever else this
 * process has in its environment is none of its business.
 */
function settingsOf({ name: service, standardPort: port, prefix }: Service): NodeJS.ProcessEnv {
  const settings = new Set(Object.values(serviceVariables({ service, port })).map(({ name }) => name));
  return inherited(
    (name) =>
      settings.has(name) ||
      name.startsWith(`${prefix}_`) ||
      /^(PG[A-Z]+|NODE_OPTIONS|NODE_EXTRA_CA_CERTS|DEAD_LETTER_RETENTION_DAYS)$/.test(name),
  );
}

/** With the service's own account when there is a file with its password; then without any password. */
function accountUrl(server: string, { name }: Service, passwordFile: string | undefined): string {
  if (passwordFile === undefined) return server;
  const url = new URL(server);
  url.username = name;
  url.password = '';
  return url.href;
}

/** Where the operator's service finds the others, and those of other repositories that `SERVICE_URLS` names. */
function serviceUrls(): string {
  const further = givenUrls().filter((entry) => entry !== '' && !services.some(({ name }) => entry.startsWith(`${name}=`)));
  return [...sagaServices.map((service) => `${service.name}=${urlOf(service)}`), ...further].join(',');
}

/** @param server any database on it */
export function databaseUrl(server: string, { database }: Service): string {
  return withPath(server, `/${database}`);
}
