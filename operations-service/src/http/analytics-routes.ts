import {
  decodeCursor,
  invalid,
  Nullable,
  notFound,
  pageOf,
  pageQuery,
  pageSchema,
  problem,
  problems,
  queryChecker,
  type ReadContext,
  type Route,
} from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { type Access, guarded } from '../access/index.js';
import { Analysis, patterns, windows } from '../analytics/index.js';
import { type AlertRow, alertsBefore, isBeingRebuilt, resultsOf, sourcesReached, totalsOf } from '../analytics/queries.js';
import { isClosed, isFinal } from '../analytics/windows.js';
import type { WindowResultRow } from '../db/tables.js';
import { spanOf, spanQuery } from './archive-query.js';

const time = (description: string) => Type.String({ format: 'date-time', description });
const integer = (description: string) => Type.Integer({ description });

const windowQuery = Type.Object(
  {
    name: Type.String({ maxLength: 63, description: `One of ${windows.map(({ name }) => name).join(', ')}` }),
    ...spanQuery,
    key: Type.Optional(Type.String({ maxLength: 512, pattern: '^[^\\u0000]*$', description: 'Only windows of this key' })),
    latest: Type.Boolean({ default: false, description: 'Latest first' }),
    ...pageQuery,
  },
  { additionalProperties: false },
);
const alertQuery = Type.Object(pageQuery, { additionalProperties: false });
const checkWindows = queryChecker(windowQuery);
const checkAlerts = queryChecker(alertQuery);

const WindowView = Type.Object({
  start: time('Events of this time and later'),
  end: time('Events before this time'),
  key: Type.String({ description: 'Empty: all together' }),
  count: integer('Events'),
  sum: integer('Of what is measured'),
  least: integer('Of what is measured'),
  most: integer('Of what is measured'),
  corrections: integer('How often it changed after it had closed'),
  closed: Type.Boolean({ description: 'All services have reached its end: no more is expected' }),
  final: Type.Boolean({ description: 'Nothing changes it any more' }),
});
const WindowsView = Type.Object({
  name: Type.String(),
  description: Type.String(),
  watermark: Nullable(time('The time that all services have reached; null before all have')),
  counted: integer('Events, or their parts, in all windows of this name'),
  corrections: integer('Changes of windows that had closed'),
  tooLate: integer('Not counted, as they came when a window of theirs was final'),
  ...pageSchema(WindowView).properties,
});
const AlertView = Type.Object({
  id: Type.String(),
  pattern: Type.String({ description: `One of ${patterns.map(({ name }) => name).join(', ')}` }),
  key: Type.String({ description: 'Whom or what it is about' }),
  detail: Type.String(),
  eventId: Type.String({ description: 'The event that completed it' }),
  happenedAt: time('Time of that event'),
  raisedAt: Nullable(
    time('When analytics.alert_raised was emitted; null when it was found in events of long ago, or is about to be'),
  ),
});

const analysis = new Analysis(windows, patterns);

const WINDOW_KEY = /^\d{1,15} [^\0]{0,512}$/u;
const ALERT_KEY = /^\d{1,15} [0-9a-f-]{36}$/;
const windowKey = ({ startsAt, key }: WindowResultRow) => `${startsAt?.getTime() ?? 0} ${key}`;
const alertKey = ({ happenedAt, id }: AlertRow) => `${happenedAt.getTime()} ${id}`;

function placeOf(cursor: string | undefined, pattern: RegExp): { readonly time: Date; readonly rest: string } | undefined {
  const key = decodeCursor(cursor, pattern);
  if (key === undefined) return undefined;
  const space = key.indexOf(' ');
  const moment = new Date(Number(key.slice(0, space)));
  if (Number.isNaN(moment.getTime()))
    throw invalid([{ pointer: '/cursor', detail: 'must be the nextCursor of an earlier page' }]);
  return { time: moment, rest: key.slice(space + 1) };
}

/** What the windows and patterns say. */
export const analyticsRoutes = (access: Access): Route<ReadContext>[] => [
  guarded(access, 'reader', {
    method: 'get',
    path: '/analytics/windows',
    summary: 'The results of a window over the time of the events, oldest first unless the latest are asked for first',
    query: windowQuery,
    response: { status: 200, description: 'A page of results', schema: WindowsView },
    problems: [
      { status: problems.not_found.status, code: 'not_found', when: problems.not_found.title },
      { status: problems.unavailable.status, code: 'unavailable', when: problems.unavailable.title },
    ],
    async run(call, { dataSource }) {
      const { name, key, latest, limit, cursor, ...span } = checkWindows(call.request);
      const declared = windows.find((each) => each.name === name);
      if (declared === undefined) throw notFound(`window of this name; there are ${windows.map((each) => each.name).join(', ')}`);
      const { from, until } = spanOf(span);
      if (await isBeingRebuilt(dataSource))
        throw problem('unavailable', 'The windows are being rebuilt', { headers: { 'retry-after': '5' } });
      const place = placeOf(cursor, WINDOW_KEY);
      const after = place && { start: place.time, key: place.rest };
      const rows = await resultsOf(dataSource, { name, from, until, key, latest }, after, limit + 1);
      const watermark = analysis.watermark(name, await sourcesReached(dataSource));
      const { items, ...next } = pageOf(rows, limit, windowKey);
      call.json(200, {
        name,
        description: declared.description,
        watermark: Number.isFinite(watermark) ? new Date(watermark).toISOString() : null,
        ...(await totalsOf(dataSource, name)),
        items: items.map(({ startsAt, endsAt, key: of, count, sum, least, most, corrections }) => {
          const end = endsAt?.getTime() ?? 0;
          const state = { closed: isClosed(end, watermark), final: isFinal(end, declared.window, watermark) };
          return { start: startsAt, end: endsAt, key: of, count, sum, least, most, corrections, ...state };
        }),
        ...next,
      });
    },
  }),
  guarded(access, 'reader', {
    method: 'get',
    path: '/analytics/alerts',
    summary: 'What the patterns have found, latest first',
    query: alertQuery,
    response: { status: 200, description: 'A page of alerts', schema: pageSchema(AlertView) },
    async run(call, { dataSource }) {
      const { limit, cursor } = checkAlerts(call.request);
      const place = placeOf(cursor, ALERT_KEY);
      const rows = await alertsBefore(dataSource, place && { time: place.time, id: place.rest }, limit + 1);
      call.json(200, pageOf(rows, limit, alertKey));
    },
  }),
];
