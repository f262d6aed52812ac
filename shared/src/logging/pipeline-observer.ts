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
 * `error`, and the end of a saga at `info`.
 *
 * @param endings types of the events that end a saga
 */
export function pipelineObserver(logger: Logger, metrics: Metrics, endings: ReadonlySet<string> = new Set()): Observer {
  function levelOf(message: AnyMessage, as: HandledAs): LogLevel {
    if (as !== 'done' || endings.size === 0) return LEVELS[as];
    return endings.has(typeOf(message) ?? '') ? 'info' : LEVELS[as];
  }

  return {
    handled(step, message, as, since, reason) {
      const milliseconds = performance.now() - since;
      metrics.handled(step, as, milliseconds / 1000);
      const level = levelOf(message, as);
      if (!logger.isLevelEnabled(level)) return;
      logger[level](level === 'info' ? 'saga ended' : `message ${as}`, {
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
