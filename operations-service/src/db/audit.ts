import type { DataSource, EntityManager } from 'typeorm';

/** What an operator has done. */
export interface Act {
  /** As the caller names itself in `X-Operator`. */
  readonly who: string;
  /** A stable word: `dead-letters.redrive`. */
  readonly what: string;
  /** The id of the thing acted upon. */
  readonly about?: string | undefined;
  /** The reason that was given. */
  readonly why?: string | undefined;
  /** No personal data: it is kept for good. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** In a word or a sentence: what came of it. */
  readonly result: string;
}

export interface AuditEntry extends Act {
  /** 64 bits, hence text. */
  readonly id: string;
  readonly at: Date;
}

/**
 * Writes an act down: in the transaction that carries it out; where something else than this database does it, once before, as `begun`, and
 * once after, so that there is no act without an entry.
 */
export async function audit(manager: Pick<EntityManager, 'query'>, act: Act): Promise<void> {
  const { who, what, about = null, why = null, details = {}, result } = act;
  await manager.query('insert into audit (who, what, about, why, details, result) values ($1, $2, $3, $4, $5, $6)', [
    who,
    what,
    about,
    why,
    JSON.stringify(details),
    result,
  ]);
}

/** The latest first, `limit` of them and those before an id. */
export function readAudit(dataSource: DataSource, before: string | undefined, limit: number): Promise<AuditEntry[]> {
  return dataSource.query(
    `select id::text, at, who, what, about, why, details, result from audit
    where $1::bigint is null or id < $1 order by audit.id desc limit $2`,
    [before ?? null, limit],
  );
}
