import type { DataSource } from 'typeorm';

/** How far the inbox of a step has been compared with the archive. */
export interface Compared {
  readonly step: string;
  /** When the service was first seen with it: earlier events are none of its business. */
  readonly since: Date;
  /** Everything that was archived by `position` with an id made before this time. */
  readonly until: Date;
  readonly position: number;
}

/** How far the inbox of each step has been compared with the archive. */
export class ComparedDeliveries {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /**
   * Of each step that the service has. One that is seen for the first time begins now: what was published before it listened is not lost. One
   * that the service has no longer is forgotten.
   *
   * @param position the end of the archive
   */
  async ofService(service: string, steps: readonly string[], now: Date, position: number): Promise<readonly Compared[]> {
    await this.#dataSource.query('delete from compared_deliveries where service = $1 and step <> all($2::text[])', [
      service,
      steps,
    ]);
    await this.#dataSource.query(
      `insert into compared_deliveries (service, step, since, until, position) select $1, unnest($2::text[]), $3, $3, $4
      on conflict do nothing`,
      [service, steps, now, position],
    );
    return this.#dataSource.query(
      'select step, since, until, position from compared_deliveries where service = $1 order by step',
      [service],
    );
  }

  /** Late events up to this position have been seen to. */
  async arrived(service: string, steps: readonly string[], position: number): Promise<void> {
    await this.#dataSource.query(
      'update compared_deliveries set position = $3 where service = $1 and step = any($2::text[]) and position < $3',
      [service, steps, position],
    );
  }

  async advance(service: string, steps: readonly string[], until: Date): Promise<void> {
    await this.#dataSource.query(
      'update compared_deliveries set until = $3 where service = $1 and step = any($2::text[]) and until < $3',
      [service, steps, until],
    );
  }
}
