import type { DataSource, EntityManager } from 'typeorm';
import type { ItemState, PlanRow } from './dead-letter-plans.js';

export interface Item {
  readonly position: number;
  readonly deadLetterId: string;
  readonly service: string;
  readonly state: ItemState;
}

/** What is written down while a plan is carried out. Each statement is a promise that a killed process left behind. */
export class PlanItems {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** The plans that are to be carried out, the one that has been waiting longest first. */
  async running(): Promise<readonly string[]> {
    const rows: { id: string }[] = await this.#dataSource.query(
      "select id from dead_letter_plans where state = 'running' order by started_at, id",
    );
    return rows.map(({ id }) => id);
  }

  async stopAsked(plan: string): Promise<string | undefined> {
    const rows: { who: string | null }[] = await this.#dataSource.query(
      'select stop_asked_by as who from dead_letter_plans where id = $1',
      [plan],
    );
    return rows[0]?.who ?? undefined;
  }

  /** @param after a position: those behind it */
  itemsInStates(plan: string, states: readonly ItemState[], limit: number, after = -1): Promise<Item[]> {
    return this.#dataSource.query(
      `select position, dead_letter_id as "deadLetterId", service, item.state
      from dead_letter_plan_items as item join dead_letters as letter on letter.id = dead_letter_id
      where plan_id = $1 and item.state = any($2::text[]) and position > $4 order by position limit $3`,
      [plan, states, limit, after],
    );
  }

  /** The intent, before anything is sent. */
  async sending(plan: string, positions: readonly number[]): Promise<void> {
    await this.#dataSource.query(
      `update dead_letter_plan_items set state = 'sending', sent_at = now(), times_sent = times_sent + 1
      where plan_id = $1 and position = any($2::int[])`,
      [plan, positions],
    );
  }

  /** The broker has them: from now on they may leave the dead-letter queue. */
  async sent(plan: string, positions: readonly number[]): Promise<void> {
    await this.#deal(plan, positions, 'sent', 'redriven');
  }

  async discarded(plan: string, positions: readonly number[]): Promise<void> {
    await this.#deal(plan, positions, 'discarded', 'discarded');
  }

  async #deal(plan: string, positions: readonly number[], state: ItemState, letter: 'redriven' | 'discarded'): Promise<void> {
    await this.#dataSource.transaction(async (manager) => {
      await setState(manager, plan, positions, state);
      await this.#letters(manager, plan, positions, letter);
    });
  }

  async #letters(queries: Pick<EntityManager, 'query'>, plan: string, positions: readonly number[], letter: string) {
    await queries.query(
      `update dead_letters set state = $3, changed_at = now()
      where id in (select dead_letter_id from dead_letter_plan_items where plan_id = $1 and position = any($2::int[]))`,
      [plan, positions, letter],
    );
  }

  /** Nobody knows of them after all: they may be sent. */
  async backToWaiting(plan: string, positions: readonly number[]): Promise<void> {
    if (positions.length > 0) await setState(this.#dataSource, plan, positions, 'waiting');
  }

  /**
   * What has become of them. So they were sent, also those of which a killed process had not written that down: when they are met in the
   * queue they are acknowledged. In one statement: nothing that is decided is looked at again.
   */
  async decide(plan: string, positions: readonly number[], state: 'processed' | 'returned'): Promise<void> {
    if (positions.length === 0) return;
    await this.#dataSource.query(
      `with decided as (
        update dead_letter_plan_items set state = $3, decided_at = now() where plan_id = $1 and position = any($2::int[])
        returning dead_letter_id)
      update dead_letters set state = 'redriven', changed_at = now() from decided where id = dead_letter_id and state <> 'redriven'`,
      [plan, positions, state],
    );
  }

  async skip(plan: string, positions: readonly number[], detail: string): Promise<void> {
    if (positions.length === 0) return;
    await this.#dataSource.query(
      `update dead_letter_plan_items set state = 'skipped', detail = $3, decided_at = now()
      where plan_id = $1 and position = any($2::int[])`,
      [plan, positions, detail],
    );
  }

  /** Which of these have been parked again: their copies carry the act by which they were sent. */
  async returned(redrives: readonly string[]): Promise<ReadonlySet<string>> {
    const rows: { redrive: string }[] = await this.#dataSource.query(
      'select distinct redrive from dead_letters where redrive = any($1::text[])',
      [redrives],
    );
    return new Set(rows.map(({ redrive }) => redrive));
  }

  /** Plans that have ended with messages of which nobody knew yet what became of them. */
  async undecided(): Promise<readonly string[]> {
    const rows: { id: string }[] = await this.#dataSource.query(
      `select distinct plan_id as id from dead_letter_plan_items join dead_letter_plans on id = plan_id
      where dead_letter_plan_items.state = 'sent' and dead_letter_plans.state <> 'running' and sent_at > now() - interval '1 day'`,
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Runs something while nobody else does: neither a pass over the queues nor another plan, of whichever replica.
   *
   * @returns undefined when somebody else is at it
   */
  async alone<Result>(action: () => Promise<Result>): Promise<Result | undefined> {
    const runner = this.#dataSource.createQueryRunner();
    try {
      const [row]: { locked: boolean }[] = await runner.query('select pg_try_advisory_lock($1) as locked', [LOCK]);
      if (!row?.locked) return undefined;
      try {
        return await action();
      } finally {
        await runner.query('select pg_advisory_unlock($1)', [LOCK]);
      }
    } finally {
      await runner.release();
    }
  }
}

/** Any number will do that nobody else uses in this database: it is held for as long as a plan is carried out. */
const LOCK = 7_061_803;

async function setState(queries: Pick<EntityManager, 'query'>, plan: string, positions: readonly number[], state: ItemState) {
  await queries.query(
    `update dead_letter_plan_items set state = $3, decided_at = case when $3 = 'sent' or $3 = 'waiting' then null else now() end
    where plan_id = $1 and position = any($2::int[])`,
    [plan, positions, state],
  );
}

/** Names what was sent again, on the message itself and on its copies. */
export const redriveOf = ({ id }: Pick<PlanRow, 'id'>, { position }: Pick<Item, 'position'>) => `${id}:${position}`;
