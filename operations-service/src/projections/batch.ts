import type { Statement } from '@quickstep/shared/db';
import type { DataSource, EntityManager } from 'typeorm';
import type { Archive } from '../archive/index.js';
import { applyEvents, type ProjectedRows, type Refused, readEvents } from './apply.js';
import type { Generation } from './generations.js';
import type { Projection } from './projection.js';
import { statementsOf } from './projection-tables.js';

const PAGE = 1_000;
/** Whoever locks the tables of one projection holds up the other projections that long, too: they go on together. */
const LOCK_TIMEOUT = '2s';

export interface Applied {
  readonly events: number;
  readonly refused: readonly Refused[];
  /** How far the generation has come. */
  readonly position: number;
  /** There may be more already. */
  readonly more: boolean;
}

/** Another replica applies them, or has: it rests until more comes. */
const NOTHING: Applied = { events: 0, refused: [], position: 0, more: false };

function rowsOf(manager: EntityManager, generation: number): ProjectedRows {
  const run = ({ text, values }: Statement) => manager.query(text, [...(values ?? [])]);
  return {
    async load(loads) {
      const rows = [];
      for (const { table, keys } of loads) rows.push(await run(statementsOf(table, generation).load(keys, false)));
      return rows;
    },
    async write({ updates, inserts }) {
      for (const { table, rows, properties } of updates) await run(statementsOf(table, generation).update(rows, properties));
      for (const { table, rows } of inserts) await run(statementsOf(table, generation).insert(rows));
    },
  };
}

/**
 * Applies the next events of the archive to a generation; rows and position are written in one transaction. Of replicas that apply the same
 * events one does.
 *
 * @param end the archive's last position when this was asked for
 * @throws Error of the projection or the database
 */
export async function applyNext(
  dataSource: DataSource,
  archive: Pick<Archive, 'next'>,
  { projection, generation, end }: { readonly projection: Projection; readonly generation: Generation; readonly end: number },
): Promise<Applied> {
  const types = projection.observes.map(({ type }) => type);
  const page = await archive.next(generation.position, { types, limit: PAGE, end });
  const { events, refused } = readEvents(projection, page.events);
  return dataSource.transaction(async (manager) => {
    // It can all be rebuilt: a crash of the server may cost the last batches, of which the position knows nothing either.
    await manager.query(`set local synchronous_commit = off; set local lock_timeout = '${LOCK_TIMEOUT}'`);
    const moved: unknown[] = await manager.query(
      'select from projections where name = $1 and generation = $2 and position = $3 for update skip locked',
      [generation.name, generation.generation, generation.position],
    );
    if (moved.length === 0) return NOTHING;
    await applyEvents(projection, events, rowsOf(manager, generation.generation));
    await manager.query('update projections set position = $3, events = events + $4 where name = $1 and generation = $2', [
      generation.name,
      generation.generation,
      page.position,
      events.length,
    ]);
    return { events: events.length, refused, position: page.position, more: page.more };
  });
}
