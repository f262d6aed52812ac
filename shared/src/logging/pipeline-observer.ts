import type { AnyMessage } from '../choreography/index.js';
import type { HandledAs, Observer } from '../pipeline/index.js';
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

/** Trouble that lasts (a server that is away) is reported at intervals, not at every attempt. Milliseconds. */
const SAME_TROUBLE_AGAIN_AFTER = 30_000;
const TROUBLES_REMEMBERED = 100;

const typeOf = (message: AnyMessage) => ('type' in message ? String(message.type) : undefined);
const requestIdOf = (message: AnyMessage) =>
  'requestId' in message && typeof message.requestId === 'string' ? message.requestId : undefined;

/**
 * Logs and counts what the pipeline does: one line per message and step at `debug`, what is tried again at `warn`, what is parked at
 * `error`.
 */
export function pipelineObserver(logger: Logger, metrics: Metrics): Observer {
  const quietUntil = new Map<string, number>();

  function isNews(trouble: string): boolean {
    const now = performance.now();
    if (now < (quietUntil.get(trouble) ?? 0)) return false;
    if (quietUntil.size >= TROUBLES_REMEMBERED) quietUntil.clear();
    quietUntil.set(trouble, now + SAME_TROUBLE_AGAIN_AFTER);
    return true;
  }

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
        requestId: requestIdOf(message),
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
    conflict: () => metrics.conflict(),
    trouble(what, error) {
      const reason = reasonOf(error);
      if (isNews(`${what}: ${reason}`)) logger.warn(what, { reason });
    },
  };
}
