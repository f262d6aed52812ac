import { LOG_BEGINNING, logPositionOf, PgEventLog } from '@quickstep/shared/db';
import type { Clock } from '@quickstep/shared/pipeline';
import type { DataSource } from 'typeorm';
import { type FeedClient, PAGE } from './feed-client.js';
import { rest } from './pace.js';

/** It emits a few alerts at most: nobody waits for them to be archived. Milliseconds. */
const LOOK_EVERY = 1_000;

/** The log of the operations service itself, which stands in the archive's own database. */
export function ownFeed(dataSource: DataSource, clock: Pick<Clock, 'after'>): FeedClient {
  const log = new PgEventLog(dataSource);
  return {
    async read(after, wait, signal) {
      const position = after === undefined ? LOG_BEGINNING : logPositionOf(after);
      if (position === undefined) throw new Error(`The archive keeps no place in this log: ${after}`);
      const lines = await log.lines(position, PAGE);
      if (lines === '' && wait > 0) await rest(clock, LOOK_EVERY, signal);
      return lines;
    },
  };
}
