/** PostgreSQL's types that rows may have. */
export type ColumnType = 'uuid' | 'text' | 'integer' | 'bigint' | 'boolean' | 'timestamptz' | 'jsonb';

/** One column: its type, whether it may be null, and its value in a row to which nothing has happened yet. */
export interface Column<Value = unknown> {
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly initial: Value;
  readonly key: boolean;
}

/** The column that names the row. */
export interface KeyColumn extends Column<string> {
  readonly key: true;
}

const of = <Value>(type: ColumnType, initial: Value): Column<Value> => ({
  type,
  nullable: initial === null,
  initial,
  key: false,
});

export const uuidKey = (): KeyColumn => ({ type: 'uuid', nullable: false, initial: '', key: true });
export const textKey = (): KeyColumn => ({ type: 'text', nullable: false, initial: '', key: true });

/** Texts may be narrowed to a union: `text<Status>('NEW')`. */
export const text = <Value extends string = string>(initial: NoInfer<Value>): Column<Value> => of<Value>('text', initial);
export const uuid = (initial: string): Column<string> => of('uuid', initial);
export const integer = (initial: number): Column<number> => of('integer', initial);
/** Beyond 2^53 a value cannot be read: amounts and counts stay far below. */
export const bigint = (initial: number): Column<number> => of('bigint', initial);
export const boolean = (initial: boolean): Column<boolean> => of('boolean', initial);
/** A nested value: replaced as a whole, never changed in place. */
export const json = <Value>(initial: NoInfer<Value>): Column<Value> => of<Value>('jsonb', initial);

/** These begin as null: not known yet. */
export const textOrNull = <Value extends string = string>(): Column<Value | null> => of<Value | null>('text', null);
export const timeOrNull = (): Column<Date | null> => of<Date | null>('timestamptz', null);
export const jsonOrNull = <Value>(): Column<Value | null> => of<Value | null>('jsonb', null);
