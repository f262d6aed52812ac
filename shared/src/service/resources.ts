import type { DataSource, MigrationInterface } from 'typeorm';
import type { Retention } from '../db/index.js';
import type { Logger } from '../logging/index.js';
import type { Clock, NewId } from '../pipeline/index.js';

/** What a service may build its own parts from. */
export interface Resources {
  readonly dataSource: DataSource;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly logger: Logger;
  /** Registers how something acquired is given back when the service stops, after everything that may use it. */
  onStop(name: string, close: () => unknown): void;
}

/** What stands behind a port to the outside world, with what it keeps in the service's database. */
export interface Adapter<Port, Config = unknown> {
  readonly migrations?: readonly (new () => MigrationInterface)[];
  /** @param days RECORD_RETENTION_DAYS */
  retention?(days: number): readonly Retention[];
  /** @param config of the service that it is connected to */
  connect(resources: Resources, config: Config): Port;
}
