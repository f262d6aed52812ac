import type { CloudEvent, EventContract, EventOf } from '@quickstep/shared/events';
import type { LoadedRows, Refs, Table } from '@quickstep/shared/rows';

/** A table of a projection, and by what its rows are looked for. */
export interface ProjectionTable {
  readonly table: Table;
  /** Each the end of `create index ... on <table>`: `(customer_id, order_id)`. */
  readonly indices?: readonly string[];
}

/** What is made of the archive's events: rows that can be thrown away and rebuilt. */
export interface Projection {
  /** What its tables are found under; letters and `_`. */
  readonly name: string;
  /** One more whenever the same events would give other rows: they are then rebuilt beside the old ones. */
  readonly version: number;
  readonly tables: readonly ProjectionTable[];
  readonly observes: readonly EventContract[];
  /** The rows that an event may change. @param time the event's */
  rows(event: CloudEvent, time: Date): Refs;
  /** Changes the rows. It sees nothing but them and the event: the same events always give the same rows. @param time the event's */
  apply(event: CloudEvent, rows: LoadedRows<Refs>, time: Date): void;
}

interface Declaration<Contract extends EventContract, R extends Refs> {
  readonly name: string;
  readonly version: number;
  readonly tables: readonly ProjectionTable[];
  readonly observes: readonly Contract[];
  rows(event: EventOf<Contract>, time: Date): R;
  apply(event: EventOf<Contract>, rows: LoadedRows<R>, time: Date): void;
}

const NAME = /^[a-z][a-z_]{0,39}$/;

/**
 * Declares a projection: like a step it names its rows and changes copies of them, but it emits nothing. Events come in the order in which
 * they came into the archive, each once and as the current major of its contract has it; those of different services may come out of
 * order, so that what it makes of them must not depend on that.
 *
 * @throws TypeError when the name cannot be that of tables
 */
export function projection<Contract extends EventContract, R extends Refs>(declared: Declaration<Contract, R>): Projection {
  const names = [declared.name, ...declared.tables.map(({ table }) => table.name)];
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong !== undefined)
    throw new TypeError(`A projection and its tables are named by up to 40 letters and "_", not "${wrong}"`);
  return declared;
}
