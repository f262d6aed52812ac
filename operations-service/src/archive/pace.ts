import type { Clock } from '@quickstep/shared/pipeline';
import type { RecentEvents } from './recent-events.js';

/** From so many events at once it is a crowd: it is taken two seconds at a time, as an event in a page of thousands costs a fraction of one alone. */
export const MANY = 100;
const TICK = 2_000;
/** Who follows the archive waits for what the logs of all services had at the tick. */
const AFTER_THE_READERS = 1_000;
/** Between two looks at the archive, while little comes. Milliseconds. */
const LOOK_EVERY = 200;
/** How long the archive is not looked at while nothing comes: another process may have stored something just before it ended. */
const LOOK_ANYWAY = 1_000;
const AGAIN_AFTER = 1_000;

/**
 * Milliseconds to the next even second, by a clock that is the same for all. Whoever reads a log then has the events of the same time as
 * the readers of the others: what is made of an order need be written once, not once for each service that did something about it.
 */
export const untilTick = (now: Date, after = 0): number => TICK - ((now.getTime() - after) % TICK);

/** Resolves after so many milliseconds, at once when the signal is given. */
export function rest(clock: Pick<Clock, 'after'>, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(milliseconds, end);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}

/** How a look at the archive ended: `more` is there already. */
export type Looked = 'nothing' | 'few' | 'many' | 'more' | 'failed';

export const lookedAt = (events: number): Looked => (events === 0 ? 'nothing' : events < MANY ? 'few' : 'many');

interface Follow {
  readonly recent: RecentEvents;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly signal: AbortSignal;
  /** Never rejects. */
  look(): Promise<Looked>;
}

/** Looks at the archive on and on: at once when something comes after a rest, a crowd at every tick. */
export async function follow({ recent, clock, signal, look }: Follow): Promise<void> {
  const follower = Symbol('follower');
  recent.done(follower, 0);
  while (!signal.aborted) {
    const { arrivals: seen, end } = recent;
    const looked = await look();
    if (looked !== 'failed' && looked !== 'more') recent.done(follower, end);
    if (looked === 'few') await rest(clock, LOOK_EVERY, signal);
    if (looked === 'many') await rest(clock, untilTick(clock.now(), AFTER_THE_READERS), signal);
    if (looked === 'failed') await rest(clock, AGAIN_AFTER, signal);
    if (looked === 'nothing' && recent.arrivals === seen) await arrival(recent, clock, signal);
  }
}

async function arrival(recent: RecentEvents, clock: Pick<Clock, 'after'>, signal: AbortSignal): Promise<void> {
  const waiting = new AbortController();
  const forget = recent.onArrival(() => waiting.abort());
  await rest(clock, LOOK_ANYWAY, AbortSignal.any([signal, waiting.signal]));
  forget();
}
