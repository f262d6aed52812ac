import { reasonOf } from '@quickstep/shared/pipeline';
import type { Part, Resources } from '@quickstep/shared/service';
import type { Projections } from '../projections/index.js';
import { sagas } from '../read-models/index.js';
import { LostDeliveries, type LostDeliveriesOptions } from './lost-deliveries.js';

export const RESENT = {
  name: 'quickstep_lost_events_resent',
  help: 'Events that had never reached a service and were sent to it again, by service, since the start',
  label: 'to',
} as const;

interface LostDeliveriesPartOptions extends Omit<LostDeliveriesOptions, 'dataSource'> {
  readonly resources: Pick<Resources, 'dataSource' | 'clock' | 'logger'>;
  readonly projections: Pick<Projections, 'require'>;
}

/** Sends events again that a service should have got and never did, unless the setting says never. */
export function lostDeliveriesPart({ resources, projections, ...options }: LostDeliveriesPartOptions): Part {
  const { dataSource, clock, logger } = resources;
  const lost = new LostDeliveries({ ...options, dataSource });
  const every = Math.max(500, options.after / 4);
  let running: Promise<void> = Promise.resolve();
  let cancel: (() => void) | undefined;
  let stopped = false;

  const look = async () => {
    const before = new Map(lost.sent);
    try {
      await projections.require(sagas);
      await lost.look(clock.now());
    } catch (error) {
      logger.warn('lost events could not be looked for; it is tried again', { reason: reasonOf(error) });
    }
    for (const [to, count] of lost.sent) {
      const sent = count - (before.get(to) ?? 0);
      if (sent > 0) logger.warn('events had never reached a service and were sent again', { to, sent });
    }
    if (!stopped) next();
  };

  function next(): void {
    cancel = clock.after(every, () => {
      running = look();
    });
  }

  return {
    name: 'lost deliveries',
    async start() {
      if (options.after > 0) next();
    },
    stop() {
      stopped = true;
      cancel?.();
      return running;
    },
    gauges: [{ ...RESENT, read: () => lost.sent }],
  };
}
