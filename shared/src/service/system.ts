import { v7 } from 'uuid';
import type { Clock, NewId } from '../pipeline/index.js';

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => new Date(),
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** UUIDv7, in order even within a millisecond (RFC 9562, section 6.2). */
export const newId: NewId = () => v7();
