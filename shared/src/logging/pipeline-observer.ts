import type { AnyMessage, HandledAs, Observer } from '../pipeline/index.js';
import type { Metrics } from '../telemetry/index.js';
import type { Logger, LogLevel } from './logger.js';
import { reasonOf } from './reason.js';

const LEVELS: Readonly<Record<HandledAs, LogLevel>> = {
  done: 'debug',
  duplicate: 'debug',
  refused: 'debug',
  retried: 'warn',
  parked: 'error',
};

const typeOf = (message: AnyMessage) => ('type' in message ? String(message.type) : undefined);

/**
 * Logs and counts what the pipeline does: one line per message and step at `debug`, what is tried again at `warn`, what is parked at
 * `error`.
 */
export function pipelineObserver(logger: Logger, metrics: Metrics): Observer {
  return {
    handled(step, message, as, since, reason) {
      const milliseconds = performance.now() - since;
      metrics.handled(step, as, milliseconds / 1000);
      const level = LEVELS[as];
      if (!logger.isLevelEnabled(level)) return;
      logger[level](`message ${as}`, {
        orderId: message.subject,
        eventId: message.id,
        type: typeOf(message),
        step,
        outcome: as,
        milliseconds: Math.round(milliseconds * 100) / 100,
        reason,
      });
    },
    undecodable(reason) {
      metrics.undecodable();
      logger.error('message parked: it could not be read', { outcome: 'parked', reason });
    },
    batch(size, milliseconds) {
      metrics.batch(size, milliseconds / 1000);
    },
    trouble(what, error) {
      logger.warn(what, { reason: reasonOf(error) });
    },
  };
}
