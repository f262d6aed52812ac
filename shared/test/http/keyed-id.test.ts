import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { validate, version } from 'uuid';
import { keyedId } from '../../src/http/keyed-id.js';

const secret = randomBytes(32);
const parts = fc.tuple(fc.string(), fc.string(), fc.string());

test('is a UUIDv8 (RFC 9562, section 5.8), the same for the same key', () => {
  fc.assert(
    fc.property(parts, ([caller, operation, key]) => {
      const id = keyedId(secret, { caller, operation, key });
      expect(validate(id)).toBe(true);
      expect(version(id)).toBe(8);
      expect(keyedId(secret, { caller, operation, key })).toBe(id);
    }),
  );
});

test('differs for another caller, operation or key, wherever one ends and the next begins', () => {
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      fc.pre(one.some((part, index) => part !== other[index]));
      const [first, second] = [one, other].map(([caller, operation, key]) => keyedId(secret, { caller, operation, key }));
      expect(first).not.toBe(second);
    }),
    {
      examples: [
        [
          ['ab', 'c', ''],
          ['a', 'bc', ''],
        ],
        [
          ['a","b', 'c', ''],
          ['a', 'b","c', ''],
        ],
      ],
    },
  );
});

test('cannot be computed without the secret', () => {
  const named = { caller: 'default', operation: 'placeOrder', key: 'k' };
  expect(keyedId(randomBytes(32), named)).not.toBe(keyedId(secret, named));
});

test('keeps 122 bits of HMAC-SHA-256', () => {
  const mac = createHmac('sha256', secret).update('["default","placeOrder","k"]').digest('hex');
  const id = keyedId(secret, { caller: 'default', operation: 'placeOrder', key: 'k' }).replaceAll('-', '');
  expect([id.slice(0, 12), id.slice(13, 16), id.slice(17)]).toEqual([mac.slice(0, 12), mac.slice(13, 16), mac.slice(17, 32)]);
});
