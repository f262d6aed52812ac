import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { withPath } from '@quickstep/shared/config';
import { seedThrough } from '../seed.js';
import { ServiceDatabases } from '../service-databases.js';
import { settableClock } from './clock/clock.js';
import { Fleet } from './fleet.js';
import { managementAt } from './management.js';
import { BrokerProxy } from './proxy/broker-proxy.js';
import { DatabaseProxy } from './proxy/database-proxy.js';
import { type Target, TcpProxy, targetOf } from './proxy/tcp-proxy.js';
import { randomFrom } from './random.js';
import type { World } from './world.js';

/** Servers, and what is to run on them. */
export interface Given {
  /** For logs, process records and the files of clocks. */
  readonly directory: string;
  /** The account of a service, with the virtual host. */
  brokerUrlOf(service: string): string;
  /** The account of a service, with its database. */
  databaseUrlOf(service: string): string;
  /** An administrator's: with the virtual host; any database. */
  readonly administrator: { readonly rabbitmqUrl: string; readonly postgresUrl: string };
  managementUrl(): string;
  /** Where connections to the broker go; to where their URLs say unless given. */
  readonly brokerTarget?: (() => Target) | undefined;
  readonly installationSecretFile: string;
  /** Settings of the services besides their defaults. */
  readonly env: NodeJS.ProcessEnv;
  readonly replicas: number;
  readonly signal: AbortSignal;
  tell(text: string): void;
}

/** What a world has only if its servers are its own. */
export type Own = Pick<World, 'servers' | 'smallDisk' | 'cluster' | 'otherVersion'>;

const AMQP = 5_672;
const POSTGRES = 5_432;

/** For looks while faults go on. Milliseconds. */
const DATABASE_LIMITS = { connectionTimeoutMillis: 2_000, query_timeout: 60_000 };
/** Longer than what waits for another attempt waits as a rule, and short enough for everything to end in a round. */
const LOST_AFTER_MS = 60_000;
const HEARD_OF = 'select count(*)::int as items from catalogue_items';
/** Where nobody listens. */
const NOBODY = { host: '127.0.0.1', port: 1 };

/** All services, ready and with a catalogue, each behind a way to the broker and one to its database that can be disturbed. */
export async function worldOn(given: Given, own: Own): Promise<{ world: World; close(): Promise<void> }> {
  const { directory, administrator, managementUrl } = given;
  const clocks = join(directory, 'clocks');
  mkdirSync(clocks, { recursive: true });
  const brokerWay = new Map<string, BrokerProxy>();
  const databaseWay = new Map<string, DatabaseProxy>();
  const feedWay = new Map<string, TcpProxy>();
  const fleet = new Fleet({
    ...given,
    envOf: (service) => ({
      RABBITMQ_URL: brokerWay.get(service)?.through(given.brokerUrlOf(service)),
      POSTGRES_URL: databaseWay.get(service)?.through(given.databaseUrlOf(service)),
      SERVICE_URLS: [...feedWay].map(([name, { port }]) => `${name}=http://127.0.0.1:${port}`).join(','),
      LOST_EVENTS_RESENT_AFTER_MS: `${LOST_AFTER_MS}`,
      ...settableClock(clocks),
      ...given.env,
    }),
  });
  for (const service of fleet.names) {
    const newest = () => fleet.all(service).at(-1);
    feedWay.set(service, await TcpProxy.open(() => addressOf(newest()?.url) ?? NOBODY));
  }
  for (const service of fleet.members) {
    const broker = targetOf(given.brokerUrlOf(service), AMQP);
    const database = targetOf(given.databaseUrlOf(service), POSTGRES);
    brokerWay.set(service, await BrokerProxy.open(given.brokerTarget ?? (() => broker)));
    databaseWay.set(service, await DatabaseProxy.open(() => database));
  }
  const pathOf = (service: string) => new URL(given.databaseUrlOf(service)).pathname;
  // Past the proxies.
  const databases = new ServiceDatabases((service) => withPath(administrator.postgresUrl, pathOf(service)), DATABASE_LIMITS);
  const world: World = {
    ...{ fleet, databases, brokerWay, databaseWay, clocks, ...own },
    random: randomFrom(0),
    management: managementAt(managementUrl, administrator.rabbitmqUrl),
    amqpUrl: administrator.rabbitmqUrl,
    databaseOf: (service) => pathOf(service).slice(1),
    postgresLog: join(directory, 'logs', 'postgres.log'),
  };
  const close = async () => {
    await fleet.stop();
    await databases.close();
    for (const way of [...brokerWay.values(), ...databaseWay.values(), ...feedWay.values()]) way.close();
  };
  try {
    await fleet.start();
    const heardOf = async () => {
      const [row] = await databases.ask<{ items: number }>('order-service', HEARD_OF, []);
      return row?.items ?? 0;
    };
    await seedThrough(fleet.one('inventory-service').url, heardOf, given.signal);
  } catch (error) {
    await close();
    throw error;
  }
  return { world, close };
}

function addressOf(url: string | undefined): Target | undefined {
  return url === undefined ? undefined : targetOf(url, 80);
}
