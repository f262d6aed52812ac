import type { DataSource, EntityManager, MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the service knows of its place in the logs of others. `handled_until`: by emitter, the time of the latest event handled.
 * `catch_up`: what an emitter is still to be asked for, since when, or from the beginning. `catch_up_settings`: values of the setting
 * that have been acted on. `queue_beginnings`: when a queue began without what had been published before.
 */
export class CatchUp1760000000000 implements MigrationInterface {
  readonly name = 'CatchUp1760000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table handled_until (emitter text primary key, time timestamptz not null)');
    await runner.query('create table catch_up (emitter text primary key, since timestamptz)');
    await runner.query('create table catch_up_settings (value text primary key)');
    await runner.query('create table queue_beginnings (at timestamptz primary key)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table queue_beginnings, catch_up_settings, catch_up, handled_until');
  }
}

/** Where a service begins: where it left off, now, at the beginning of the logs, or at a time. */
export type CatchUpFrom = 'last' | 'now' | 'beginning' | Date;

/** What an emitter is to be asked for. */
export interface Missed {
  readonly emitter: string;
  /** Undefined: everything. */
  readonly since: Date | undefined;
}

/**
 * Events may be handled in another order than they happened: an emitter that was cut off from the broker publishes late. So long
 * before the latest one that was handled the question begins; what is sent twice is known by the inbox.
 */
const MARGIN = '1 hour';

const ASK = `
  insert into catch_up (emitter, since) select * from unnest($1::text[], $2::timestamptz[])
  on conflict (emitter) do update set since =
    case when excluded.since is null or catch_up.since is null then null else least(excluded.since, catch_up.since) end`;

const SINCE_LAST = `
  select emitter, coalesce((select time from handled_until where handled_until.emitter = e.emitter),
    (select min(time) from handled_until)) - interval '${MARGIN}' as since
  from unnest($1::text[]) as e(emitter)`;

/** Keeps, in the service's own database, what it has handled and what it has to ask for: replicas share it. */
export class PgCatchUp {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /**
   * Notes what is to be asked for. Called before the queue is declared: once it is there, nobody can tell any more that it was missing.
   *
   * @param missing whether the queue has to be created
   */
  async plan(emitters: readonly string[], from: CatchUpFrom, missing: boolean): Promise<void> {
    await this.#dataSource.transaction(async (manager) => {
      const told = from instanceof Date || from === 'beginning' ? await this.#actOn(manager, from, emitters) : false;
      if (told || !missing) return;
      const known: unknown[] = await manager.query('select from handled_until limit 1');
      if (known.length === 0 || from === 'now')
        await manager.query('insert into queue_beginnings (at) values (now()) on conflict do nothing');
      if (known.length === 0)
        await manager.query(
          'insert into handled_until (emitter, time) select *, now() from unnest($1::text[]) on conflict do nothing',
          [emitters],
        );
      else if (from !== 'now') await this.#ask(manager, await manager.query(SINCE_LAST, [emitters]));
    });
  }

  async #actOn(manager: EntityManager, from: Date | 'beginning', emitters: readonly string[]): Promise<boolean> {
    const value = from instanceof Date ? from.toISOString() : from;
    const added: unknown[] = await manager.query(
      'insert into catch_up_settings (value) values ($1) on conflict do nothing returning value',
      [value],
    );
    if (added.length === 0) return false;
    await this.#ask(
      manager,
      emitters.map((emitter) => ({ emitter, since: from instanceof Date ? from : null })),
    );
    return true;
  }

  async #ask(manager: EntityManager, missed: readonly { readonly emitter: string; readonly since: Date | null }[]) {
    await manager.query(ASK, [missed.map(({ emitter }) => emitter), missed.map(({ since }) => since)]);
  }

  /** When the queue began without what had been published before; undefined when it never did. */
  async beganAt(): Promise<Date | undefined> {
    const [row]: { at: Date | null }[] = await this.#dataSource.query('select max(at) as at from queue_beginnings');
    return row?.at ?? undefined;
  }

  async missed(): Promise<readonly Missed[]> {
    const rows: { emitter: string; since: Date | null }[] = await this.#dataSource.query('select emitter, since from catch_up');
    return rows.map(({ emitter, since }) => ({ emitter, since: since ?? undefined }));
  }

  /** The request is with the broker; one that was widened meanwhile stays. */
  async asked({ emitter, since }: Missed): Promise<void> {
    await this.#dataSource.query('delete from catch_up where emitter = $1 and since is not distinct from $2', [
      emitter,
      since ?? null,
    ]);
  }

  /**
   * An event of the future (an emitter's clock was wrong) would hide what is missed until then: it changes nothing.
   *
   * @param latest by emitter, the time of the latest event handled (RFC 3339)
   */
  async handled(latest: ReadonlyMap<string, string>): Promise<void> {
    const text = `insert into handled_until (emitter, time)
      select * from unnest($1::text[], $2::timestamptz[]) as given(emitter, time) where given.time < now() + interval '5 minutes'
      on conflict (emitter) do update set time = greatest(handled_until.time, excluded.time)`;
    await this.#dataSource.query(text, [[...latest.keys()], [...latest.values()]]);
  }
}
