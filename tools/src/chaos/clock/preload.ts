import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Loaded into a service by `--require`. On SIGUSR2 its clock is set: `Date` is then so many milliseconds off as the file named after the
 * process says. Like a real step of the clock it leaves the monotonic clock alone, and with it timers. Without it no code of the
 * service knows: no library has to be preloaded (libfaketime), no rights are needed, and it works on every platform.
 */
const directory = process.env.CHAOS_CLOCKS;

if (directory !== undefined) {
  const Real = Date;
  let offset = 0;
  class SteppedDate extends Real {
    constructor(...given: [] | ConstructorParameters<typeof Real>) {
      if (given.length === 0) super(Real.now() + offset);
      else super(...given);
    }

    static override now(): number {
      return Real.now() + offset;
    }
  }
  globalThis.Date = new Proxy(SteppedDate, { apply: () => new SteppedDate().toString() }) as DateConstructor;
  process.on('SIGUSR2', () => {
    offset = Number(readFileSync(join(directory, `${process.pid}`), 'utf8'));
    // What everything else in this process is told from now on, and when it really was.
    writeFileSync(join(directory, `${process.pid}.seen`), `${Date.now()} ${Real.now()}`);
  });
}
