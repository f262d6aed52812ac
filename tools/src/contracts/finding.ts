/** Something that keeps the contracts from being published. */
export interface Finding {
  /** `breaking`: somebody would park events. `unpublished`: the registry does not know yet what the code says. */
  readonly kind: 'breaking' | 'unpublished';
  readonly type: string;
  /** Whose reading breaks. */
  readonly consumer?: string;
  /** Which consumer: the one in the code reading events of before, or one deployed before reading new ones. */
  readonly direction?: Direction;
  readonly field?: string;
  readonly what: string;
  readonly wayOut: string;
}

export type Direction = 'new reads old' | 'old reads new';

export function describe({ type, consumer, direction, field, what, wayOut }: Finding): string {
  const who =
    consumer === undefined ? '' : `  ${consumer}, ${direction === 'new reads old' ? 'as it is now' : 'as deployed before'}\n`;
  return `${type}${field === undefined ? '' : ` ${field}`}\n${who}  ${what}\n  way out: ${wayOut}\n`;
}
