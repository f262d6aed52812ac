import { reasonOf } from '@quickstep/shared/pipeline';
import type { Part, Resources } from '@quickstep/shared/service';
import { follow, type Looked, type RecentEvents } from '../archive/index.js';
import type { Projections } from './projections.js';

const PROJECTION_LAG = {
  name: 'quickstep_projection_lag_events',
  help: 'Events of the archive that a projection is behind',
  label: 'projection',
} as const;

/** Asked of the database, not of what was seen last: also while a projection hangs. */
const OLDEST = {
  name: 'quickstep_projection_oldest_seconds',
  help: 'Age of the oldest event of the archive that a projection has not applied yet; 0 when it is up with the archive',
  label: 'projection',
} as const;

export const projectionMetrics = [PROJECTION_LAG, OLDEST].map((metric) => ({ ...metric, labelNames: ['projection'] }));

/** Keeps the projections up with the archive while the service runs. */
export function projectionsPart(
  projections: Projections,
  { recent, clock, logger }: Pick<Resources, 'clock' | 'logger'> & { readonly recent: RecentEvents },
): Part {
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const failing = () => projections.states().filter(({ failure }) => failure !== undefined);

  const look = () =>
    projections.advance().catch((error: unknown): Looked => {
      logger.warn('projections cannot go on; it is tried again', { reason: reasonOf(error) });
      return 'failed';
    });

  return {
    name: 'projections',
    async start() {
      await projections.begin();
      running = follow({ recent, clock, signal: stopping.signal, look });
    },
    stop() {
      stopping.abort();
      return running;
    },
    checks: [
      {
        name: 'projections',
        of: 'consuming',
        check() {
          const said = failing().map(({ projection, failure }) => `${projection.name} stands still: ${failure}`);
          return said.length === 0 ? undefined : said.join('; ');
        },
      },
    ],
    gauges: [
      {
        ...PROJECTION_LAG,
        read: () => new Map(projections.states().map(({ projection, lag }) => [projection.name, lag])),
      },
      { ...OLDEST, read: () => projections.oldestSeconds() },
    ],
  };
}
