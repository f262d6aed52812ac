import { withClient } from '@quickstep/shared/db';
import type { Client } from 'pg';
import { databaseUrl, sagaServices } from '../services.js';

/** How PostgreSQL has read one table since it was created. */
export interface TableScans {
  service: string;
  table: string;
  /** Estimated. */
  rows: number;
  /** With its indexes. */
  mebibytes: number;
  sequentialScans: number;
  rowsReadSequentially: number;
  indexScans: number;
}

const sql = `
  select relname as "table", n_live_tup::float8 as rows, pg_total_relation_size(relid) / 1048576.0::float8 as mebibytes,
    seq_scan::float8 as "sequentialScans", seq_tup_read::float8 as "rowsReadSequentially", coalesce(idx_scan, 0)::float8 as "indexScans"
  from pg_stat_user_tables order by relname`;

export async function readScans(postgresUrl: string): Promise<TableScans[]> {
  const each = sagaServices.map(async (service) => {
    const read = (client: Client) => client.query<Omit<TableScans, 'service'>>(sql);
    const { rows } = await withClient(databaseUrl(postgresUrl, service), read);
    return rows.map((row) => ({ service: service.name, ...row }));
  });
  return (await Promise.all(each)).flat();
}
