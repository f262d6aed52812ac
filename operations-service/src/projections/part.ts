import { reasonOf } from '@quickstep/shared/pipeline';
import type { Part, Resources } from '@quickstep/shared/service';
import type { Projections } from './projections.js';

/** How often the archive is looked at when there was nothing to apply, in milliseconds. */
const LOOK_EVERY = 200;
/** While the database is away, or a projection stands still. */
const AGAIN_AFTER = 1_000;

const PROJECTION_LAG = {
  name: 'quickstep_projection_lag_events',
  help: 'Events of the archive that a projection is behind',
  label: 'projection',
} as const;

export const projectionMetrics = [{ ...PROJECTION_LAG, labelNames: ['projection'] }];

/** Keeps the projections up with the archive while the service runs. */
export function projectionsPart(projections: Projections, { clock, logger }: Pick<Resources, 'clock' | 'logger'>): Part {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let wake = () => {};

  const failing = () => projections.states().filter(({ failure }) => failure !== undefined);

  const rest = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const cancel = clock.after(milliseconds, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });

  async function run(): Promise<void> {
    while (!stopped) {
      const busy = await projections.advance().catch((error: unknown) => {
        logger.warn('projections cannot go on; it is tried again', { reason: reasonOf(error) });
        return undefined;
      });
      const troubled = busy === undefined || failing().length > 0;
      if (busy !== true && !stopped) await rest(troubled ? AGAIN_AFTER : LOOK_EVERY);
    }
  }

  return {
    name: 'projections',
    async start() {
      await projections.begin();
      running = run();
    },
    stop() {
      stopped = true;
      wake();
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
    ],
  };
}
