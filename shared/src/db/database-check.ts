import type { DataSource } from 'typeorm';

/** Tells whether the last batch failed because the database was away or refused to write. */
interface Writer {
  readonly trouble: string | undefined;
}

/**
 * For readiness: undefined when the database can be read and written. A query alone passes on a standby, on a database that is set to
 * read only and on a full disk.
 */
export function databaseCheck(dataSource: DataSource, writer: Writer) {
  const text = "select pg_is_in_recovery() as standby, current_setting('transaction_read_only') = 'on' as read_only";
  const check = async (): Promise<string | undefined> => {
    const [state]: { standby: boolean; read_only: boolean }[] = await dataSource.query(text);
    if (state?.standby === true) return 'it is a standby';
    if (state?.read_only === true) return 'it is read only';
    return writer.trouble;
  };
  return { name: 'database', check };
}
