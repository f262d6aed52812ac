import { Type } from '@sinclair/typebox';
import type { DataSource } from 'typeorm';
import { type Choreography, reactsTo } from '../../choreography/index.js';
import type { ServiceConfig } from '../../config/index.js';
import { idBounds, PgCatchUp, selectDigest } from '../../db/index.js';
import { invalid, Nullable, type Operation, queryChecker, type Route, Timestamp } from '../../http/index.js';
import type { Part } from '../part.js';
import { type FeedAccess, feedRefusal } from './feed-access.js';

/** A longer list would not fit into a request's headers. */
const INBOX_EVENTS_AT_MOST = 200;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const query = Type.Object(
  {
    events: Type.String({ maxLength: 8_000, description: `Ids of events, separated by commas; ${INBOX_EVENTS_AT_MOST} at most` }),
  },
  { additionalProperties: false },
);
const checkQuery = queryChecker(query);
const item = Type.Object({ eventId: Type.String(), step: Type.String(), handledAt: Timestamp });

/** What the documents say of it. */
export const inboxOperation: Operation = {
  method: 'get',
  path: '/inbox',
  summary: 'Which steps of this service have handled these events, as far back as it remembers (INBOX_RETENTION_DAYS)',
  operationId: 'readInbox',
  query,
  response: {
    status: 200,
    description: 'An item for each event and step that has handled it; nothing about other events',
    schema: Type.Object({ items: Type.Array(item), retentionDays: Type.Integer({ minimum: 1 }) }),
  },
  problems: [feedRefusal],
};

const RANGE_AT_MOST_MS = 3_600_000;
const time = (description: string) => Type.String({ format: 'date-time', maxLength: 40, description });
const rangeQuery = Type.Object(
  {
    from: time('Events whose ids (UUIDv7) were made then or later'),
    until: time('and before this; an hour later at most'),
  },
  { additionalProperties: false },
);
const checkRange = queryChecker(rangeQuery);
const digest = Type.Object({
  step: Type.String(),
  events: Type.Integer({ minimum: 0 }),
  mark: Type.String({ description: 'The last 12 hexadecimal digits of all ids, combined by exclusive or, as a decimal number' }),
});

/** What the documents say of it. */
export const inboxDigestOperation: Operation = {
  method: 'get',
  path: '/inbox/digest',
  summary:
    'How many events of a span of time each step of this service has handled, with a mark that tells whether they are the same as elsewhere',
  operationId: 'readInboxDigest',
  query: rangeQuery,
  response: {
    status: 200,
    description:
      'An item for each step that reacts to events, as this version of the service has them; `beganAt`: what was published before is none of its business (a new queue, CATCH_UP=now)',
    schema: Type.Object({
      items: Type.Array(digest),
      retentionDays: Type.Integer({ minimum: 1 }),
      beganAt: Nullable(Timestamp),
    }),
  },
  problems: [feedRefusal],
};

function idsIn(text: string): string[] {
  const ids = text.split(',');
  if (ids.length <= INBOX_EVENTS_AT_MOST && ids.every((id) => UUID.test(id))) return ids;
  throw invalid([{ pointer: '/events', detail: `must be ${INBOX_EVENTS_AT_MOST} UUIDs at most, separated by commas` }]);
}

function rangeOf({ from, until }: { readonly from: string; readonly until: string }) {
  const range = { from: new Date(from), until: new Date(until) };
  const length = range.until.getTime() - range.from.getTime();
  if (length >= 0 && length <= RANGE_AT_MOST_MS) return range;
  throw invalid([{ pointer: '/until', detail: 'must not be before `from`, and an hour after it at most' }]);
}

interface InboxPartOptions {
  readonly access: FeedAccess;
  readonly choreography: Choreography;
  readonly config: Pick<ServiceConfig, 'inboxRetentionDays'>;
  readonly dataSource: DataSource;
}

/** Tells which of its steps have handled an event: `GET /inbox` and `GET /inbox/digest`, for readers that know the installation's secret. */
export function inboxPart({ access, config, dataSource, choreography }: InboxPartOptions): Part {
  const catchUp = new PgCatchUp(dataSource);
  const { inboxRetentionDays: retentionDays } = config;
  const steps = Object.entries(choreography.steps).flatMap(([name, step]) => (reactsTo(step).length > 0 ? [name] : []));
  const one: Route<unknown> = {
    ...inboxOperation,
    async run(call) {
      access.admit(call);
      const { events } = checkQuery(call.request);
      const items: unknown = await dataSource.query(
        `select event_id as "eventId", step, handled_at as "handledAt" from inbox where event_id = any($1::uuid[])
        order by event_id, handled_at, step`,
        [idsIn(events)],
      );
      call.json(200, { items, retentionDays });
    },
  };
  const many: Route<unknown> = {
    ...inboxDigestOperation,
    async run(call) {
      access.admit(call);
      const range = rangeOf(checkRange(call.request));
      // The primary key begins with the id: a span of time is one stretch of its index.
      const items: unknown = await dataSource.query(
        `select wanted.step, coalesce(events, 0) as events, coalesce(mark, '0') as mark from unnest($3::text[]) as wanted (step)
        left join (select step, ${selectDigest('event_id')} from inbox where event_id >= $1 and event_id < $2 group by step) as found
          on found.step = wanted.step order by wanted.step`,
        [...idBounds(range), steps],
      );
      call.json(200, { items, retentionDays, beganAt: (await catchUp.beganAt()) ?? null });
    },
  };
  return { name: 'inbox', routes: [one, many] };
}
