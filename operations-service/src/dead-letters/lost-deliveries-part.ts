import { reasonOf } from '@quickstep/shared/pipeline';
import type { Part, Resources } from '@quickstep/shared/service';
import { ArchivedIds } from '../archive/index.js';
import { LostDeliveries, type LostDeliveriesOptions } from './lost-deliveries.js';

export const RESENT = {
  name: 'quickstep_lost_events_resent',
  help: 'Events that had never reached a service and were sent to it again, by service, since the start',
  label: 'to',
} as const;

const LONGEST_PAUSE_MS = 60_000;

interface LostDeliveriesPartOptions extends Omit<LostDeliveriesOptions, 'dataSource' | 'ids'> {
  readonly resources: Pick<Resources, 'dataSource' | 'clock' | 'logger'>;
}

/** Sends events again that a service should have got and never did, unless the setting says never. */
export function lostDeliveriesPart({ resources, ...options }: LostDeliveriesPartOptions): Part {
  const { dataSource, clock, logger } = resources;
  const lost = new LostDeliveries({ ...options, dataSource, ids: new ArchivedIds(dataSource) });
  const every = Math.min(LONGEST_PAUSE_MS, Math.max(500, options.lostAfterMs / 4));
  let failure: string | undefined;
  let running: Promise<void> = Promise.resolve();
  let cancel: (() => void) | undefined;
  let stopped = false;

  const look = async () => {
    const before = new Map(lost.sent);
    try {
      await lost.look(clock.now());
      failure = undefined;
    } catch (error) {
      const reason = reasonOf(error);
      // A service that is away is so for many passes.
      if (reason !== failure) logger.warn('lost events could not be looked for; it is tried again', { reason });
      failure = reason;
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
      // At once: what is published from then on is compared.
      if (options.lostAfterMs > 0) running = look();
    },
    stop() {
      stopped = true;
      lost.stop();
      cancel?.();
      return running;
    },
    gauges: [{ ...RESENT, read: () => lost.sent }],
  };
}
