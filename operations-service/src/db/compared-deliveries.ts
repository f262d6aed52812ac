import type { DataSource } from 'typeorm';

/** Up to when the inbox of each step has been compared with the archive. */
export class ComparedDeliveries {
  readonly #dataSource: DataSource;

  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /**
   * By step that the service has. One that is seen for the first time begins now: what was published before it listened is not lost. One that the
   * service has no longer is forgotten.
   */
  async ofService(service: string, steps: readonly string[], now: Date): Promise<ReadonlyMap<string, Date>> {
    await this.#dataSource.query('delete from compared_deliveries where service = $1 and step <> all($2::text[])', [
      service,
      steps,
    ]);
    await this.#dataSource.query(
      'insert into compared_deliveries (service, step, until) select $1, unnest($2::text[]), $3 on conflict do nothing',
      [service, steps, now],
    );
    const rows: { step: string; until: Date }[] = await this.#dataSource.query(
      'select step, until from compared_deliveries where service = $1',
      [service],
    );
    return new Map(rows.map(({ step, until }) => [step, until]));
  }

  async advance(service: string, steps: readonly string[], until: Date): Promise<void> {
    await this.#dataSource.query(
      'update compared_deliveries set until = $3 where service = $1 and step = any($2::text[]) and until < $3',
      [service, steps, until],
    );
  }
}
