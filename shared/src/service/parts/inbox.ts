import { Type } from '@sinclair/typebox';
import type { DataSource } from 'typeorm';
import type { ServiceConfig } from '../../config/index.js';
import { invalid, type Operation, queryChecker, type Route, Timestamp } from '../../http/index.js';
import type { Part } from '../part.js';
import { FeedAccess, feedRefusal } from './feed-access.js';

/** A longer list would not fit into a request's headers. */
export const INBOX_EVENTS_AT_MOST = 200;
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

function idsIn(text: string): string[] {
  const ids = text.split(',');
  if (ids.length <= INBOX_EVENTS_AT_MOST && ids.every((id) => UUID.test(id))) return ids;
  throw invalid([{ pointer: '/events', detail: `must be ${INBOX_EVENTS_AT_MOST} UUIDs at most, separated by commas` }]);
}

interface InboxPartOptions {
  readonly config: Pick<ServiceConfig, 'installationSecretFile' | 'inboxRetentionDays'>;
  readonly dataSource: DataSource;
}

/** Tells which of its steps have handled an event: `GET /inbox`, for readers that know the installation's secret. */
export function inboxPart({ config, dataSource }: InboxPartOptions): Part {
  const access = new FeedAccess(config);
  const route: Route<unknown> = {
    ...inboxOperation,
    async run(call) {
      access.admit(call);
      const { events } = checkQuery(call.request);
      const items: unknown = await dataSource.query(
        `select event_id as "eventId", step, handled_at as "handledAt" from inbox where event_id = any($1::uuid[])
        order by event_id, handled_at, step`,
        [idsIn(events)],
      );
      call.json(200, { items, retentionDays: config.inboxRetentionDays });
    },
  };
  return { name: 'inbox', start: () => access.open(), routes: [route] };
}
