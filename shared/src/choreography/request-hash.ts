import { createHash } from 'node:crypto';
import type { CommandMessage } from './step.js';

/** The same value with the properties of every object in one order (as in RFC 8785). */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, each]) => [name, canonical(each)]));
}

/**
 * A fingerprint of what a request under an `Idempotency-Key` asks for: what it is about and its whole body, so that a field that is added
 * to a command counts from the start. Null without a key, as nobody can repeat that request.
 */
export function requestHash({ subject, data, idempotencyKey }: CommandMessage): string | null {
  if (idempotencyKey === undefined) return null;
  return createHash('sha256')
    .update(JSON.stringify([subject, canonical(data)]))
    .digest('base64url');
}
