import type { PgStore } from '@quickstep/shared/db';
import type { Changes, Claim, Load, OpenBatch } from '@quickstep/shared/pipeline';
import type { Row } from '@quickstep/shared/rows';
import { type DataSource, type EntityManager, In, type QueryRunner } from 'typeorm';
import { moduleOfKit } from './kit.js';

interface Statement {
  readonly text: string;
  readonly values?: unknown[];
}

interface KitStatements {
  claim(claims: readonly Claim[]): Statement;
  whichClaimed(claims: readonly Claim[], answer: { rows: unknown[] }): boolean[];
  withdraw(claims: readonly Claim[]): Statement;
  insertHistory(history: Changes['history']): Statement;
  insertOutbox(outbox: NonNullable<Changes['outbox']>): Statement;
  deleteOutbox(ids: readonly string[]): Statement;
}

/**
 * Loaded into a service by `--require`: the services' own tables are read and written by TypeORM's `find`, `save` and `insert`, each
 * statement in an exchange of its own. The kit's tables, which have no entities, keep their statements; the outbox is left to autovacuum.
 */
const store = moduleOfKit<{ PgStore: new (dataSource: DataSource) => PgStore }>('db', 'pg-store.js');
const kit = moduleOfKit<KitStatements>('db', 'kit-statements.js');
const { translate } = moduleOfKit<{ translate(error: unknown): unknown }>('db', 'errors.js');

store.PgStore = class extends store.PgStore {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    super(dataSource);
    this.#dataSource = dataSource;
  }

  override async begin(claims: readonly Claim[], loads: readonly Load[]): Promise<OpenBatch> {
    const runner = this.#dataSource.createQueryRunner();
    return orUndone(runner, async () => {
      await runner.startTransaction();
      const made = claims.length === 0 ? [] : await run(runner, kit.claim(claims));
      const rows: Row[][] = [];
      for (const load of loads) rows.push(await found(runner.manager, load));
      return {
        claimed: kit.whichClaimed(claims, { rows: made }),
        rows,
        commit: (changes) => orUndone(runner, () => commit(runner, changes)),
        async rollback() {
          await runner.rollbackTransaction();
          await runner.release();
        },
      };
    });
  }
};

function found(manager: EntityManager, { table, keys, lock }: Load): Promise<Row[]> {
  return manager.find<Row>(table.schema, {
    where: { [table.key]: In([...keys]) },
    order: { [table.key]: 'ASC' },
    ...(lock ? { lock: { mode: 'pessimistic_write' } } : {}),
  });
}

async function commit(runner: QueryRunner, { updates, inserts, withdrawn, history, outbox, published }: Changes): Promise<void> {
  if (withdrawn.length > 0) await run(runner, kit.withdraw(withdrawn));
  for (const { table, rows } of updates) await runner.manager.save(table.schema, [...rows], { transaction: false });
  for (const { table, rows } of inserts) await runner.manager.insert(table.schema, [...rows]);
  if (history.length > 0) await run(runner, kit.insertHistory(history));
  if (outbox !== undefined) await run(runner, kit.insertOutbox(outbox));
  if (published.length > 0) await run(runner, kit.deleteOutbox(published));
  await runner.commitTransaction();
  await runner.release();
}

async function run(runner: QueryRunner, { text, values }: Statement): Promise<unknown[]> {
  const rows: unknown = await runner.query(text, values);
  return Array.isArray(rows) ? rows : [];
}

async function orUndone<T>(runner: QueryRunner, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    await runner.release();
    throw translate(error);
  }
}
