import { createHash } from 'node:crypto';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import type { Binding } from '../choreography/index.js';

/** What each version of a service has bound its queue to: the broker does not tell it over AMQP 0-9-1. */
export class QueueDeclarations1760000000000 implements MigrationInterface {
  readonly name = 'QueueDeclarations1760000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table queue_declarations (
        digest text primary key,
        bindings jsonb not null,
        position bigint not null generated always as identity
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table queue_declarations');
  }
}

const INSERT = 'insert into queue_declarations (digest, bindings) values ($1, $2) on conflict (digest) do nothing';
const SELECT = 'select digest, bindings from queue_declarations order by position';
const LATEST = 'select digest, bindings from queue_declarations order by position desc limit 1';

interface Declaration {
  readonly digest: string;
  readonly bindings: readonly Binding[];
}

const nameOf = ({ queue, exchange, routingKey }: Binding) => `${queue} ${exchange} ${routingKey}`;
const digestOf = (declared: readonly Binding[]) =>
  createHash('sha256').update(declared.map(nameOf).sort().join('\n')).digest('hex');

/** Remembers declarations in the order in which they first came, in the service's own database. */
export class PgBindingRecord {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /**
   * Notes what this version binds its queue to; resolves to what only earlier versions did. Of a version that is itself an earlier
   * one nothing is outdated: what it does not know of may be the later version's.
   */
  async outdated(declared: readonly Binding[]): Promise<readonly Binding[]> {
    const names = declared.map(nameOf).sort();
    const digest = digestOf(declared);
    await this.#dataSource.query(INSERT, [digest, JSON.stringify(declared)]);
    const known: Declaration[] = await this.#dataSource.query(SELECT);
    if (known.at(-1)?.digest !== digest) return [];
    const earlier = new Map(known.flatMap(({ bindings }) => bindings.map((binding) => [nameOf(binding), binding])));
    for (const name of names) earlier.delete(name);
    return [...earlier.values()];
  }

  /** Whether no other version has come after this one. */
  async isLatest(declared: readonly Binding[]): Promise<boolean> {
    const known: Declaration[] = await this.#dataSource.query(LATEST);
    return known.every(({ digest }) => digest === digestOf(declared));
  }
}
