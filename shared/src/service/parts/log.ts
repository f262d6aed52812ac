import { Type } from '@sinclair/typebox';
import { LOG_BEGINNING, type LogPosition, logPositionOf, type PgEventLog } from '../../db/index.js';
import { type Call, invalid, type Operation, queryChecker, type Route } from '../../http/index.js';
import type { Clock } from '../../pipeline/index.js';
import { definitions } from '../../telemetry/index.js';
import type { Part } from '../part.js';
import { type FeedAccess, feedRefusal } from './feed-access.js';

const LONGEST_WAIT_SECONDS = 30;
/**
 * How often the log is looked at while somebody waits, in milliseconds. A notification of each commit (`NOTIFY`) would tell sooner, but
 * takes a lock of the whole database server at every commit and wakes every listener.
 */
const LOOK_EVERY = 150;
/** Readers that wait, at most; more get what there is. */
const WAITING_LIMIT = 50;

const query = Type.Object(
  {
    after: Type.Optional(
      Type.String({ maxLength: 100, description: '`cursor` of the last event read; from the beginning without' }),
    ),
    limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100, description: 'Events at most' }),
    wait: Type.Number({
      minimum: 0,
      maximum: LONGEST_WAIT_SECONDS,
      default: 0,
      description: 'Seconds to wait for an event when there is none yet',
    }),
  },
  { additionalProperties: false },
);
const checkQuery = queryChecker(query);

/** @throws Problem `invalid_request` when no feed gave it out, as far as its shape tells */
function positionOf(cursor: string | undefined): LogPosition {
  const position = cursor === undefined ? LOG_BEGINNING : logPositionOf(cursor);
  if (position !== undefined) return position;
  throw invalid([{ pointer: '/after', detail: 'must be the cursor of an event that this log gave out' }]);
}

/** What the documents say of the feed, which every service has. */
export const logOperation: Operation = {
  method: 'get',
  path: '/log',
  summary: 'Everything that this service has emitted, in order: one event a line, each with its cursor',
  operationId: 'readLog',
  query,
  response: {
    status: 200,
    description: 'Lines of `{"cursor": ..., "event": ...}`; none when nothing follows yet',
    schema: Type.String(),
    contentType: 'application/x-ndjson',
  },
  problems: [feedRefusal],
};

interface LogPartOptions {
  readonly access: FeedAccess;
  readonly log: PgEventLog;
  readonly clock: Clock;
}

/** The feed of the service's log: `GET /log`, JSON lines, for readers that know the installation's secret. */
export function logPart({ access, log, clock }: LogPartOptions): Part {
  let closed = false;
  const waiting = new Set<() => void>();

  /** Resolves after a while, or as soon as the feed closes or the reader is gone. */
  function pause({ request: { socket } }: Call): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        waiting.delete(end);
        socket.off('close', end);
        resolve();
      };
      const cancel = clock.after(LOOK_EVERY, end);
      waiting.add(end);
      socket.once('close', end);
    });
  }

  async function run(call: Call): Promise<void> {
    access.admit(call);
    const { after, limit, wait } = checkQuery(call.request);
    const position = positionOf(after);
    const until = performance.now() + wait * 1_000;
    let lines = await log.lines(position, limit);
    const mayWait = () => !closed && !call.request.socket.destroyed && performance.now() < until && waiting.size < WAITING_LIMIT;
    while (lines === '' && mayWait()) {
      await pause(call);
      lines = await log.lines(position, limit);
    }
    call.text(200, lines, { 'content-type': 'application/x-ndjson' });
  }

  const route: Route<unknown> = { ...logOperation, run };

  return {
    name: 'log',
    close() {
      closed = true;
      for (const end of [...waiting]) end();
    },
    routes: [route],
    gauges: [{ ...definitions.readers, read: () => waiting.size }],
  };
}
