/** The smallest UUIDv7 of a moment: every id made before it is smaller (RFC 9562, section 5.7: 48 bits of milliseconds come first). */
export function firstIdOf(moment: Date): string {
  const hex = Math.max(0, moment.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
