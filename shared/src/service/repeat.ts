import type { Clock } from '../pipeline/index.js';

/**
 * Does something at once and then again and again, `every` milliseconds after it was done.
 *
 * @param action must not reject
 * @returns stops it, and waits for what is under way
 */
export function repeat(clock: Clock, every: number, action: () => Promise<void>): () => Promise<void> {
  let stopped = false;
  let cancel: (() => void) | undefined;
  let running: Promise<void> = Promise.resolve();
  const run = () => {
    running = action().then(() => {
      if (!stopped) cancel = clock.after(every, run);
    });
  };
  run();
  return () => {
    stopped = true;
    cancel?.();
    return running;
  };
}
