import { readFile } from 'node:fs/promises';
import type { ServiceConfig } from '@quickstep/shared/config';
import { feedToken } from '@quickstep/shared/http';
import type { Part, Resources } from '@quickstep/shared/service';
import { type FeedClient, feedClient } from './feed-client.js';
import { FeedPositions } from './feed-positions.js';
import { Follower } from './follower.js';
import { ownFeed } from './own-feed.js';
import type { RecentEvents } from './recent-events.js';

/** Seconds behind a log from which readiness says so. */
const LATE = 60;

export const ARCHIVE_LAG = {
  name: 'quickstep_archive_lag_seconds',
  help: "By how much the archive is behind each service's log",
  label: 'service',
} as const;

const UNREADABLE = {
  name: 'quickstep_archive_unreadable_events',
  help: 'What stood in a log and could not be read as an event; it is kept in archive_unreadable',
} as const;

export const archiveMetrics = [{ ...ARCHIVE_LAG, labelNames: ['service'] }, UNREADABLE];

interface FollowingOptions {
  /** By name of the service, where it is. */
  readonly urls: ReadonlyMap<string, string>;
  readonly config: Pick<ServiceConfig, 'installationSecretFile' | 'service'>;
  readonly resources: Pick<Resources, 'dataSource' | 'clock' | 'logger'>;
  readonly recent: RecentEvents;
}

interface FollowingPart extends Part {
  /** By service whose log is followed, by how many seconds the archive may be behind it: as good as for ever until it has been asked. */
  lags(): ReadonlyMap<string, number>;
}

function lateness({ service, state: { lag, failure } }: Follower): string[] {
  if (failure !== undefined) return [`the log of ${service} cannot be read, for ${Math.round(lag)} s (${failure})`];
  return lag > LATE ? [`the archive is ${Math.round(lag)} s behind the log of ${service}`] : [];
}

/** Follows the logs of all services into the archive, its own too. Without the installation's secret it reads none, and readiness says so. */
export function followingPart({
  urls,
  config,
  recent,
  resources: { dataSource, clock, logger },
}: FollowingOptions): FollowingPart {
  const file = config.installationSecretFile;
  const positions = new FeedPositions(dataSource, recent);
  let followers: readonly Follower[] = [];
  return {
    name: 'archive',
    lags: () => new Map(followers.map(({ service, state: { lag, asked } }) => [service, asked ? lag : Number.POSITIVE_INFINITY])),
    async start() {
      if (file === undefined) return;
      const token = feedToken(await readFile(file, 'utf8'));
      const feeds = new Map<string, FeedClient>([[config.service, ownFeed(dataSource, clock)]]);
      for (const [service, url] of urls) feeds.set(service, feedClient(url, token));
      followers = [...feeds].map(([service, feed]) => new Follower({ service, feed, positions, clock, logger }));
      for (const follower of followers) follower.start();
    },
    async stop() {
      await Promise.all(followers.map((follower) => follower.stop()));
    },
    checks: [
      {
        name: 'archive',
        of: 'following',
        check() {
          if (file === undefined) return 'no log can be read without INSTALLATION_SECRET_FILE';
          const late = followers.flatMap(lateness);
          return late.length === 0 ? undefined : late.join('; ');
        },
      },
    ],
    gauges: [
      { ...ARCHIVE_LAG, read: () => new Map(followers.map(({ service, state }) => [service, state.lag])) },
      { ...UNREADABLE, read: () => countUnreadable(dataSource) },
    ],
  };
}

async function countUnreadable(dataSource: Pick<Resources['dataSource'], 'query'>): Promise<number> {
  const [row]: { count: number }[] = await dataSource.query('select count(*)::int as count from archive_unreadable');
  return row?.count ?? 0;
}
