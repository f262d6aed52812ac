import type { EventContract } from '../events/index.js';
import type { Publisher } from '../pipeline/index.js';
import type { Logger } from './logger.js';

/**
 * A publisher that logs the end of each saga at `info`, once the broker has it. An ending that is published again after a crash is
 * logged again.
 *
 * @param emitted the contracts of what the service emits
 */
export function logEndings(publisher: Publisher, emitted: readonly EventContract[], logger: Logger): Publisher {
  const endings = new Set(emitted.filter(({ ending }) => ending !== undefined).map(({ type }) => type));
  if (endings.size === 0) return publisher;
  return {
    async publish(events) {
      const fates = await publisher.publish(events);
      events.forEach(({ event: { id, type, subject } }, index) => {
        if (fates[index] !== 'confirmed' || !endings.has(type)) return;
        logger.info('saga ended', { subject, eventId: id, type });
      });
      return fates;
    },
  };
}
