import { type IdDigest, type IdRange, idBounds, selectDigest } from '@quickstep/shared/db';
import type { DataSource } from 'typeorm';
import { type ArchivedEvent, archived, type StoredEvent } from './archived-event.js';

interface DigestRow {
  readonly type: string;
  readonly events: number;
  readonly mark: string;
}

/** Events of a span of time that arrived behind one position and up to another. */
export interface Late extends IdRange {
  readonly after: number;
  readonly upTo: number;
}

/** Reads the archive by the time that the ids of its events hold, which is that of the emitter's clock when it made them. */
export class ArchivedIds {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** By type, which events there are of a span of time. */
  async digests(range: IdRange): Promise<ReadonlyMap<string, IdDigest>> {
    const rows: DigestRow[] = await this.#dataSource.query(
      `select type, ${selectDigest('id')} from archive where id >= $1 and id < $2 group by type`,
      idBounds(range),
    );
    return new Map(rows.map(({ type, events, mark }) => [type, { events, mark: BigInt(mark) }]));
  }

  /** When the first event of a span of time was made; undefined when there is none. */
  async first(range: IdRange): Promise<Date | undefined> {
    const [row]: { id: string }[] = await this.#dataSource.query(
      'select id from archive where id >= $1 and id < $2 order by id limit 1',
      idBounds(range),
    );
    return row === undefined ? undefined : new Date(Number.parseInt(row.id.replace('-', '').slice(0, 12), 16));
  }

  /** At most `limit` events of these types, in the order of their ids. @param after the id that the page before ended with */
  async read(range: IdRange, types: readonly string[], limit: number, after?: string): Promise<ArchivedEvent[]> {
    const rows: StoredEvent[] = await this.#dataSource.query(
      `select position, service, event as body from archive
      where id >= $1 and id < $2 and type = any($3::text[]) and ($4::uuid is null or id > $4) order by id limit $5`,
      [...idBounds(range), types, after ?? null, limit],
    );
    return rows.map(archived);
  }

  /** At most `limit` events of these types, in the order of arrival. */
  async late({ after, upTo, ...range }: Late, types: readonly string[], limit: number): Promise<ArchivedEvent[]> {
    const rows: StoredEvent[] = await this.#dataSource.query(
      `select position, service, event as body from archive
      where position > $1 and position <= $2 and id >= $3 and id < $4 and type = any($5::text[]) order by position limit $6`,
      [after, upTo, ...idBounds(range), types, limit],
    );
    return rows.map(archived);
  }
}
