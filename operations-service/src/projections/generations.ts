import type { DataSource, EntityManager } from 'typeorm';
import type { Projection } from './projection.js';
import { createTables, dropTables, physicalName, showTables } from './projection-tables.js';

/** Any number will do, as long as it is always the same: one process at a time makes, switches and drops tables. */
const LOCK = 7_061_802;

/** One making of a projection's rows. */
export interface Generation {
  readonly name: string;
  readonly generation: number;
  readonly version: number;
  /** Readers see it. */
  readonly live: boolean;
  /** Of the archive: what is up to it has been applied. */
  readonly position: number;
  /** Events that were applied. */
  readonly events: number;
  readonly begunAt: Date;
  readonly liveSince: Date | null;
}

const COLUMNS = 'name, generation, version, live, position, events, begun_at as "begunAt", live_since as "liveSince"';

/** Generations of projections: made beside the one that readers see, and switched to in one transaction. */
export class Generations {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  all(): Promise<Generation[]> {
    return this.#dataSource.query(`select ${COLUMNS} from projections order by name, generation`);
  }

  /** By projection, how old the first event of the archive is that what readers see leaves out, in seconds; 0 when there is none. */
  async oldestSeconds(): Promise<ReadonlyMap<string, number>> {
    const rows: { name: string; seconds: number }[] = await this.#dataSource.query(
      `select name, greatest(0, coalesce(extract(epoch from clock_timestamp() - next.time), 0))::float8 as seconds
      from projections left join lateral
        (select time from archive where archive.position > projections.position order by archive.position limit 1) as next on true
      where live`,
    );
    return new Map(rows.map(({ name, seconds }) => [name, seconds]));
  }

  /** Begins a projection of which there is no generation of its version yet. With none of any version readers see it at once. */
  async begin(projection: Projection): Promise<void> {
    await this.#locked(projection.name, async (manager, known) => {
      if (!known.some(({ version }) => version === projection.version)) await make(manager, projection, known.length === 0);
    });
  }

  /** Begins a rebuild beside what readers see; nothing when one is under way. Resolves to whether it has begun one. */
  rebuild(projection: Projection): Promise<boolean> {
    return this.#locked(projection.name, async (manager, known) => {
      if (known.some(({ live, version }) => !live && version === projection.version)) return false;
      await make(manager, projection, known.length === 0);
      return true;
    });
  }

  /**
   * Shows a generation to readers, and drops those before it, once it has come to a position of the archive. Events that came behind that
   * while it was being looked at may be missing from what they see until the next batch.
   *
   * @returns whether it has, and was not shown before
   */
  switchTo(projection: Projection, generation: number, position: number): Promise<boolean> {
    return this.#locked(projection.name, async (manager, known) => {
      const next = known.find((each) => each.generation === generation);
      if (next === undefined || next.live || next.position < position) return false;
      await manager.query('update projections set live = false where name = $1 and live', [projection.name]);
      await manager.query('update projections set live = true, live_since = now() where name = $1 and generation = $2', [
        projection.name,
        generation,
      ]);
      await showTables(manager, projection, generation);
      await drop(manager, projection.name, generation);
      return true;
    });
  }

  #locked<Result>(name: string, action: (manager: EntityManager, known: Generation[]) => Promise<Result>): Promise<Result> {
    return this.#dataSource.transaction(async (manager) => {
      await manager.query('select pg_advisory_xact_lock($1)', [LOCK]);
      // Locked: while one is switched to, none of them moves.
      return action(
        manager,
        await manager.query(`select ${COLUMNS} from projections where name = $1 order by generation for update`, [name]),
      );
    });
  }
}

async function make(manager: EntityManager, projection: Projection, live: boolean): Promise<void> {
  const [made]: { generation: number }[] = await manager.query(
    `insert into projections (name, version, live, live_since, tables) values ($1, $2, $3, case when $3 then now() end, '{}') returning generation`,
    [projection.name, projection.version, live],
  );
  if (made === undefined) return;
  const { generation } = made;
  await createTables(manager, projection, generation);
  const tables = projection.tables.map(({ table }) => physicalName(table, generation));
  await manager.query('update projections set tables = $3 where name = $1 and generation = $2', [
    projection.name,
    generation,
    tables,
  ]);
  if (live) await showTables(manager, projection, generation);
}

async function drop(manager: EntityManager, name: string, before: number): Promise<void> {
  const old: { tables: string[] }[] = await manager.query('select tables from projections where name = $1 and generation < $2', [
    name,
    before,
  ]);
  await dropTables(
    manager,
    old.flatMap(({ tables }) => tables),
  );
  await manager.query('delete from projections where name = $1 and generation < $2', [name, before]);
}
