import { type Static, Type } from '@sinclair/typebox';
import type { Facts } from '../domain/status.js';

/** An event: in full when this service emitted it; of another service's event only what it was and when. */
export const HappeningView = Type.Object(
  { id: Type.Optional(Type.String()), type: Type.String(), time: Type.String(), source: Type.String() },
  { additionalProperties: true },
);
type Happening = Static<typeof HappeningView>;

function isEvent(value: unknown): value is Happening {
  return typeof value === 'object' && value !== null && 'type' in value && 'time' in value;
}

/** The service whose event a fact is: types begin with its name. */
const sourceOf = (type: string) => `/${type.slice(0, type.indexOf('.'))}-service`;

/** What this service knows to have happened, oldest first; other services' events are in full in their own logs. */
export function happeningsOf(facts: Facts, emitted: readonly unknown[]): Happening[] {
  const own = emitted.filter(isEvent);
  const known = new Set(own.map(({ type }) => type));
  const others = Object.entries(facts).flatMap(([type, time]) =>
    known.has(type) ? [] : [{ type, time, source: sourceOf(type) }],
  );
  // Of the same millisecond the other's comes first: this service's are answers.
  return [...others, ...own].sort((a, b) => (a.time === b.time ? 0 : a.time < b.time ? -1 : 1));
}
