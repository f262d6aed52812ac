/** The ids of events that were made in a span of time, `until` not included. */
export interface IdRange {
  readonly from: Date;
  readonly until: Date;
}

/** How many ids, and what they are, in one number: sets that differ have other marks. */
export interface IdDigest {
  readonly events: number;
  readonly mark: bigint;
}

export const NO_IDS: IdDigest = { events: 0, mark: 0n };

/** A UUIDv7 begins with its milliseconds (RFC 9562, section 5.7): this is below all that are made from this time on. */
function firstIdOf(time: Date): string {
  const hex = time.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** The bounds of a range as ids, the second one not included. */
export const idBounds = ({ from, until }: IdRange): [string, string] => [firstIdOf(from), firstIdOf(until)];

/** What PostgreSQL selects for a digest; the last 12 digits of a UUIDv7 are random. Ids must not come twice. */
export const selectDigest = (column: string) =>
  `count(*)::int as events, coalesce(bit_xor(('x' || right(${column}::text, 12))::bit(48)::bigint), 0)::text as mark`;

/** Of two sets that have no id in common. */
export const digestOfBoth = (a: IdDigest, b: IdDigest): IdDigest => ({ events: a.events + b.events, mark: a.mark ^ b.mark });

export const isSameDigest = (a: IdDigest, b: IdDigest): boolean => a.events === b.events && a.mark === b.mark;
