import fc from 'fast-check';

const rareText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('', ' ', '\u0000', '\ud800', '__proto__', 'constructor', '../../etc/passwd', "' or 1=1; --", '🙂'.repeat(200)),
  fc
    .tuple(fc.constantFrom('a', ' ', 'A-', 'a.', '0', '\u00a0', '[', '{"a":'), fc.constantFrom(10, 500, 8_000))
    .map(([text, times]) => text.repeat(times)),
);
const rareNumber = fc.constantFrom(0, -0, -1, 1, 0.5, 1e21, -1e300, 2 ** 53, Number.MAX_SAFE_INTEGER);
export const rareValue = fc.oneof(rareText, rareNumber, fc.constantFrom(null, true, [], {}, [[]]), fc.jsonValue({ maxDepth: 3 }));

export const or = <Good>(good: Good, arbitrary: fc.Arbitrary<unknown> = rareValue) =>
  fc.oneof(
    { weight: 14, arbitrary: fc.constant(good) },
    { weight: 1, arbitrary },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );

const mostly = (usual: fc.Arbitrary<unknown>, ...rare: fc.Arbitrary<unknown>[]) =>
  fc.oneof({ weight: 12, arbitrary: usual }, ...rare.map((arbitrary) => ({ weight: 1, arbitrary })));
const line = mostly(fc.record({ sku: or('SKU-1'), quantity: or(1) }), rareValue);
const manyLines = fc.constantFrom(101, 5_000, 20_000).map((length) => Array.from({ length }, () => ({})));
const address = fc.record({
  name: or('Ada'),
  line1: or('1 Street'),
  city: or('London'),
  postalCode: or('SW1'),
  country: or('GB'),
});
export const order = fc.record({
  customerId: or('customer-1'),
  items: mostly(fc.array(line, { minLength: 1, maxLength: 2 }), manyLines, rareValue),
  paymentMethod: or('pm_card_ok'),
  shippingAddress: mostly(address, rareValue),
  email: or('ada@example.com'),
});
export const item = fc.record({ name: or('Mug'), unitPrice: or(100), currency: or('EUR'), onHand: or(10) });
export const adjustment = fc.record({ delta: or(1), reason: or('Count') });

const asJson = (values: fc.Arbitrary<unknown>) => values.map((value) => Buffer.from(JSON.stringify(value) ?? ''));
const odd = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('[', '{"a":', '"', '[1,')
    .chain((text) => fc.constantFrom(100, 10_000, 30_000).map((times) => Buffer.from(text.repeat(times)))),
  fc
    .constantFrom(
      '{"__proto__":{"admin":true},"customerId":"x"}',
      '{"constructor":{"prototype":{"x":1}}}',
      '{"customerId":"\\ud800","items":[]}',
      '{"reason":"\\u0000"}',
      '{"delta":1e999,"reason":"x"}',
      '{"delta":9007199254740993,"reason":"x"}',
      '\ufeff{}',
      'null',
      '{"a":1,"a":2}',
    )
    .map((text) => Buffer.from(text)),
  fc.constantFrom('ff', 'c080', '7b22ff223a317d', 'eda080').map((hex) => Buffer.from(hex, 'hex')),
  fc.constantFrom(65_535, 65_537, 200_000).map((length) => Buffer.from(JSON.stringify({ reason: 'x'.repeat(length) }))),
);
/** Cuts a body, or changes one of its bytes. */
const spoilt = (bodies: fc.Arbitrary<Buffer>) =>
  fc.tuple(bodies, fc.nat(), fc.nat(255), fc.boolean()).map(([bytes, at, byte, cut]) => {
    if (cut || bytes.length === 0) return bytes.subarray(0, at % (bytes.length + 1));
    const changed = Buffer.from(bytes);
    changed[at % bytes.length] = byte;
    return changed;
  });
export const bodyFor = (values: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 4, arbitrary: asJson(values) },
    { weight: 1, arbitrary: odd },
    { weight: 1, arbitrary: spoilt(asJson(values)) },
  );
