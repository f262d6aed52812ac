import type { Client } from 'pg';
import { archiveCaughtUp } from './archived.js';
import type { Operations } from './operations.js';
import type { Shop } from './shop.js';
import { until } from './until.js';

export interface ProjectionState {
  readonly name: string;
  readonly lag: number;
  readonly failure: string | null;
  readonly generations: {
    readonly generation: number;
    readonly live: boolean;
    readonly events: number;
    readonly position: number;
  }[];
}

export async function projectionStates(operations: Operations): Promise<ProjectionState[]> {
  return (await operations.call<{ items: ProjectionState[] }>('GET', '/projections')).body.items;
}

/** Resolves when every projection has what the archive has. */
export async function projectionsCaughtUp(shop: Shop, operations: Operations, database: Client): Promise<void> {
  await shop.settled();
  await archiveCaughtUp(shop, database);
  const { rows } = await database.query('select max(position)::int as "end" from archive');
  await until(
    async () =>
      (await projectionStates(operations)).every(({ generations }) =>
        generations.every((each) => each.position >= rows[0].end),
      ) || undefined,
    () => 'The projections do not catch up',
  );
}
