import type { Management } from '@quickstep/shared/rights';
import type { ServiceDatabases } from '../service-databases.js';
import type { Fleet } from './fleet.js';
import type { PrivateServers } from './private-servers.js';
import type { BrokerProxy } from './proxy/broker-proxy.js';
import type { DatabaseProxy } from './proxy/database-proxy.js';
import type { Random } from './random.js';
import type { SmallDisk } from './small-disk.js';

/** A broker that is a cluster of nodes. */
export interface Cluster {
  /** Nodes that run. */
  running(): readonly string[];
  kill(node: string): Promise<void>;
  /** Resolves when the node has joined the others again. */
  start(node: string): Promise<void>;
  /** Leaders of the services' queues. */
  leaders(): Promise<Readonly<Record<string, string>>>;
}

/** Everything that a fault may lay hands on. */
export interface World {
  /** For what a fault draws: the same for the same seed. */
  readonly random: Random;
  readonly fleet: Fleet;
  /** Past the proxies, as an administrator. */
  readonly databases: ServiceDatabases;
  readonly management: Management;
  /** For a client of the tool's own; with the virtual host. */
  readonly amqpUrl: string;
  /** The ways of each service. */
  readonly brokerWay: ReadonlyMap<string, BrokerProxy>;
  readonly databaseWay: ReadonlyMap<string, DatabaseProxy>;
  /** Undefined where the servers are those of somebody else, and are left alone. */
  readonly servers: PrivateServers | undefined;
  /** On which the database's data are; undefined where none could be made. */
  readonly smallDisk: SmallDisk | undefined;
  readonly postgresLog: string;
  readonly cluster: Cluster | undefined;
  /** Folder with the files by which the clocks of services are set. */
  readonly clocks: string;
  /** Checkout of another version that can run beside this one. */
  readonly otherVersion: string | undefined;
  /** The database of a service. */
  databaseOf(service: string): string;
}
