import type { ComponentChildren } from 'preact';
import { Scroll } from './scroll.js';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly number?: true;
  /** Is not broken into lines. */
  readonly whole?: true;
  /** Sentences: keeps its width where the screen is narrow. */
  readonly long?: true;
}

interface TableProps<Row> {
  /** What the table shows, for who cannot see it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}

const classOf = ({ number, whole, long }: Pick<Column<never>, 'number' | 'whole' | 'long'>) =>
  (number && 'number') || (whole && 'whole') || (long && 'long') || undefined;

export function Table<Row>({ caption, columns, rows, keyOf }: TableProps<Row>) {
  return (
    <Scroll label={caption}>
      <table>
        <caption class="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.title} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
