import { invalid, pageQuery } from '@quickstep/shared/http';
import { type Static, Type } from '@sinclair/typebox';
import type { ArchiveFilter } from '../archive/index.js';
import { revealQuery } from './reveal.js';

/** A time in a query. */
export const timeField = (description: string) =>
  Type.Optional(
    Type.String({
      maxLength: 40,
      pattern: '^\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?(Z|[+-]\\d\\d:\\d\\d))?$',
      description: `${description} (RFC 3339; a date alone is its beginning, UTC)`,
    }),
  );
const word = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 512, description }));

/** A span of time in a query: `from` is in it, `to` is not. */
export const spanQuery = { from: timeField('Events of this time and later'), to: timeField('Events before this time') };

/** Which events, in a query. */
export const eventQuery = {
  type: word('Types of events, separated by commas'),
  subject: word('What the events are about, by its id'),
  order: word('The same as `subject`'),
  correlation: word('Events of one saga'),
  service: word('Events in the log of this service'),
  ...spanQuery,
};
const filterSchema = Type.Object(eventQuery);

export const eventPageQuery = Type.Object({ ...eventQuery, ...pageQuery, ...revealQuery }, { additionalProperties: false });
export const eventStreamQuery = Type.Object(eventQuery, { additionalProperties: false });

/** @throws Problem `invalid_request` when there is no such time */
export function timeOf(given: string | undefined, pointer: string): Date | undefined {
  if (given === undefined) return undefined;
  const time = new Date(given);
  // JavaScript takes the 30th of February for the 1st of March or the 2nd.
  const sameDay = !Number.isNaN(time.getTime()) && new Date(given.slice(0, 10)).toISOString().startsWith(given.slice(0, 10));
  const year = time.getUTCFullYear();
  // Beyond these PostgreSQL and JavaScript write years differently.
  if (!sameDay || year < 1 || year > 9_999) throw invalid([{ pointer, detail: 'is no time that there ever was or will be' }]);
  return time;
}

/** @param endsAt where the end stands in the request. @throws Problem `invalid_request` when a time is none, or the span ends before it begins */
export function spanOf(
  { from, to }: { readonly from?: string; readonly to?: string },
  endsAt = '/to',
): Pick<ArchiveFilter, 'from' | 'until'> {
  const since = timeOf(from, '/from');
  const until = timeOf(to, endsAt);
  if (since !== undefined && until !== undefined && since > until)
    throw invalid([{ pointer: endsAt, detail: 'must not be before from' }]);
  return { ...(since === undefined ? {} : { from: since }), ...(until === undefined ? {} : { until }) };
}

/** What no text in the archive has, as PostgreSQL would refuse it. */
function check(filter: Static<typeof filterSchema>): void {
  const wrong = Object.entries(filter).filter(([, value]) => typeof value === 'string' && value.includes('\0'));
  if (wrong.length > 0) throw invalid(wrong.map(([name]) => ({ pointer: `/${name}`, detail: 'has a NUL character in it' })));
}

/** @param endsAt where the end of the span stands in the request. @throws Problem `invalid_request` when a value cannot be */
export function filterOf(query: Static<typeof filterSchema>, endsAt?: string): ArchiveFilter {
  check(query);
  const { type, order, subject = order, correlation, service } = query;
  if (order !== undefined && subject !== order)
    throw invalid([{ pointer: '/order', detail: 'says something else than subject, which means the same' }]);
  return {
    ...(type === undefined ? {} : { types: type.split(',') }),
    ...(subject === undefined ? {} : { subject }),
    ...(correlation === undefined ? {} : { correlationId: correlation }),
    ...(service === undefined ? {} : { service }),
    ...spanOf(query, endsAt),
  };
}

/** The key of a page of the archive, and the id of an event in a stream: a position. */
export const POSITION = /^\d{1,15}$/;
