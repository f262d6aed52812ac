import { choreography, implement, outcome, step } from '@quickstep/shared/choreography';
import { readConfig } from '@quickstep/shared/config';
import { OrderCompleted, OrderCreated } from '@quickstep/shared/contracts';
import { change, table, text, uuidKey } from '@quickstep/shared/rows';
import { startService } from '@quickstep/shared/service';
import { freshDatabase, testEnvironment } from '@quickstep/shared/testing';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { Shop } from './shop.js';

const Seen = table('seen', { id: uuidKey(), type: text('') });

class CreateSeen1765000000200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table seen (id uuid primary key, type text not null)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table seen');
  }
}

/** A service that nobody knew of: notes which orders it sees created and completed. @param from `CATCH_UP` */
export async function openObserver(shop: Shop, service: string, from: string) {
  const database = await freshDatabase();
  const declared = choreography(service, { note: { observes: [OrderCreated, OrderCompleted], outcomes: { noted: [] } } });
  const note = step(declared, 'note', {
    rows: ({ id }) => ({ seen: Seen.fresh(id) }),
    decide: ({ type }, { seen }) => {
      change(seen, { type });
      return outcome('noted');
    },
  });
  const env = { ...testEnvironment(shop.vhost.url, database.url), CATCH_UP: from };
  const running = await startService({
    config: readConfig({ service, port: 0 }, env),
    description: 'Notes what it sees.',
    tables: [Seen],
    migrations: [CreateSeen1765000000200],
    implementation: () => implement(declared, [note]),
    routes: [],
  });
  const seen = async (): Promise<string[]> => {
    const rows: { id: string }[] = await running.dataSource.query('select id from seen order by id');
    return rows.map(({ id }) => id);
  };
  const close = async () => {
    await running.stop();
    await database.drop();
  };
  return { seen, close };
}
