import { createHmac } from 'node:crypto';
import { stringify } from 'uuid';

/** What an idempotency key belongs to: the same key means another thing to another caller, or with another operation. */
export interface KeyedWork {
  readonly caller: string;
  readonly operation: string;
  readonly key: string;
}

/**
 * Names work after the client's key, so that a repetition meets what the first request made; nobody without the secret can tell the
 * name. HMAC-SHA-256 in a UUIDv8 (RFC 9562, section 5.8), which keeps 122 of its bits.
 */
export function keyedId(secret: Uint8Array, { caller, operation, key }: KeyedWork): string {
  // As JSON, so that it is clear where one part ends and the next begins.
  const bytes = createHmac('sha256', secret)
    .update(JSON.stringify([caller, operation, key]))
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return stringify(bytes);
}
