import { v7 } from 'uuid';
import type { NewId } from '../pipeline/index.js';

/** UUIDv7, in order even within a millisecond (RFC 9562, section 6.2). */
export const newId: NewId = () => v7();
