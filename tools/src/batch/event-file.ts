import { quoted } from './duckdb.js';

export type ExportFormat = 'parquet' | 'csv' | 'jsonl';

/** The columns of an export, one row an event; `data` is JSON. */
const COLUMNS = {
  id: 'VARCHAR',
  type: 'VARCHAR',
  source: 'VARCHAR',
  subject: 'VARCHAR',
  time: 'TIMESTAMPTZ',
  dataversion: 'VARCHAR',
  correlationid: 'VARCHAR',
  causationid: 'VARCHAR',
  tenantid: 'VARCHAR',
  data: 'JSON',
};

/** The events of an exported file, for a `from` clause. */
export function eventsIn(file: string, format: ExportFormat): string {
  if (format === 'parquet') return `read_parquet(${quoted(file)})`;
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${name}: '${type}'`);
  if (format === 'csv') return `read_csv(${quoted(file)}, header = true, columns = {${columns.join(', ')}})`;
  return `(select ${Object.keys(COLUMNS).join(', ')} from read_json(${quoted(file)}, format = 'newline_delimited', columns = {${columns.join(', ')}}))`;
}

/** Makes a file of another format of JSON lines. */
export function convert(lines: string, file: string, format: 'parquet' | 'csv'): string {
  const options = format === 'parquet' ? 'format parquet, compression zstd, row_group_size 40960' : 'format csv, header';
  return `copy ${eventsIn(lines, 'jsonl')} to ${quoted(file)} (${options})`;
}
