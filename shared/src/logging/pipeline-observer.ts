import type { AnyMessage } from '../choreography/index.js';
import type { Handled, Observer } from '../pipeline/index.js';
import { reasonOf } from '../pipeline/index.js';
import type { Metrics } from '../telemetry/index.js';
import type { Logger, LogLevel } from './logger.js';

const LEVELS: Readonly<Record<'retried' | 'waiting' | 'parked', LogLevel>> = {
  retried: 'warn',
  waiting: 'debug',
  parked: 'error',
};

/** Trouble that lasts (a server that is away) is reported at intervals, not at every attempt. Milliseconds. */
const SAME_TROUBLE_AGAIN_AFTER = 30_000;
/** What goes wrong for so many reasons at once is told of no more of them. */
const REASONS_AT_ONCE = 10;
const TROUBLES_REMEMBERED = 100;

/** The outcome's name, the code of a refusal, `duplicate` or `notDue`. */
function outcomeOf(result: Handled['result']): string {
  if (result.kind === 'done') return result.outcome;
  return result.kind === 'refused' ? result.refusal.code : result.kind;
}

const typeOf = (message: AnyMessage) => ('type' in message ? String(message.type) : undefined);
/** How long ago an event happened, in seconds: by two clocks, that of its emitter's database and this machine's. */
const ageOf = (message: AnyMessage) =>
  'time' in message ? Math.max(0, Date.now() - Date.parse(String(message.time))) / 1000 : undefined;
const requestIdOf = (message: AnyMessage) =>
  'requestId' in message && typeof message.requestId === 'string' ? message.requestId : undefined;

/**
 * Logs and counts what the pipeline does: one line per message and step at `debug`, what is tried again at `warn`, what is parked at
 * `error`.
 */
export function pipelineObserver(logger: Logger, metrics: Metrics): Observer {
  /** By what goes wrong, the latest last: for which reasons it was told, and until when each is told no more. */
  const told = new Map<string, Map<string, number>>();

  function isNews(what: string, reason: string): boolean {
    const now = performance.now();
    const reasons = told.get(what) ?? new Map<string, number>();
    for (const [each, until] of reasons) if (until <= now) reasons.delete(each);
    if (reasons.has(reason) || reasons.size >= REASONS_AT_ONCE) return false;
    reasons.set(reason, now + SAME_TROUBLE_AGAIN_AFTER);
    told.delete(what);
    told.set(what, reasons);
    const [oldest] = told.keys();
    if (told.size > TROUBLES_REMEMBERED && oldest !== undefined) told.delete(oldest);
    return true;
  }

  function report(
    level: LogLevel,
    step: string,
    message: AnyMessage,
    result: string,
    fields: { outcome?: string; reason?: string },
    seconds: number,
  ) {
    if (!logger.isLevelEnabled(level)) return;
    logger[level](`message ${result}`, {
      subject: message.subject,
      eventId: message.id,
      type: typeOf(message),
      requestId: requestIdOf(message),
      step,
      ...fields,
      milliseconds: Math.round(seconds * 100_000) / 100,
    });
  }

  return {
    handled({ step, message, result, since }) {
      const seconds = (performance.now() - since) / 1000;
      const outcome = outcomeOf(result);
      metrics.handled(step, result.kind, outcome, seconds);
      const age = ageOf(message);
      if (age !== undefined && result.kind !== 'duplicate') metrics.age(step, age);
      if (result.kind === 'done' && result.sagaMilliseconds !== undefined)
        metrics.ended(result.outcome, result.sagaMilliseconds / 1000);
      report('debug', step, message, result.kind, { outcome }, seconds);
    },
    putAside({ step, message, as, since, reason }) {
      const seconds = (performance.now() - since) / 1000;
      metrics.handled(step, as, as, seconds);
      report(LEVELS[as], step, message, as, { reason }, seconds);
    },
    undecodable(reason) {
      metrics.undecodable();
      logger.error('message parked: it could not be read', { reason });
    },
    forged(reason) {
      metrics.forged();
      logger.error('message parked: it is forged', { outcome: 'parked', reason });
    },
    batch(size, milliseconds) {
      metrics.batch(size, milliseconds / 1000);
    },
    conflict: () => metrics.conflict(),
    breaker(effect, state) {
      metrics.breaker(effect, state);
      logger.warn(`circuit breaker ${state}`, { effect });
    },
    trouble(what, error, about) {
      const reason = reasonOf(error);
      if (isNews(what, reason)) logger.warn(what, { ...about, reason });
    },
  };
}
