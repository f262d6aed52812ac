import fc from 'fast-check';
import { adjustment, bodyFor, item, or, order, rareValue } from './hostile-bodies.js';

/** A request that nobody means well with. */
export interface HostileRequest {
  readonly service: 'order' | 'inventory';
  readonly method: string;
  readonly path: string;
  /** Lines as they stand on the wire, without the line's end. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly framing: 'length' | 'wrong length' | 'chunked' | 'bad chunks' | 'none';
  /** The share of its bytes that is sent before the client hangs up. */
  readonly share: number;
}

const HOST = 'host: localhost';
const segment = fc.oneof(
  fc.constantFrom(
    'SKU-1',
    'NONE',
    '0193a4b0-0000-7000-8000-000000000000',
    'summary',
    '%00',
    '%',
    '%E0%A4%A',
    '%ED%A0%80',
    '..',
    '%2e%2e',
    '__proto__',
    '%2F',
  ),
  fc.string({ maxLength: 30 }).map(encodeURIComponent),
  fc.constantFrom(100, 4_000, 20_000).map((length) => 'a'.repeat(length)),
);
const query = fc.oneof(
  fc.constantFrom(
    '',
    '?limit=2',
    '?limit=0',
    '?limit=1e9',
    '?limit=2&limit=3',
    '?cursor=',
    '?cursor=AAAA',
    '?status=PAID',
    '?stuck=maybe',
    '?__proto__=1',
    '?a[b]=c',
    '?%',
    '?customerId=%00',
    '?customerId=%ED%A0%80',
  ),
  fc
    .tuple(
      fc.constantFrom('limit', 'cursor', 'status', 'customerId', 'stuck', 'orderId'),
      fc.string({ unit: 'binary', maxLength: 40 }),
    )
    .map(([name, value]) => `?${name}=${encodeURIComponent(value.replace(/\p{Cs}/gu, ''))}`),
);
const path = fc
  .tuple(
    fc.constantFrom('/orders', '/inventory', '/health', '/metrics', '/openapi.json', '', '/', '//', '/ORDERS'),
    fc.array(segment, { maxLength: 2 }),
    fc.constantFrom('', '/cancel', '/adjustments', '/events', '/'),
    query,
  )
  .map(([start, segments, end, asked]) => [start, ...segments.map((each) => `/${each}`), end].join('') + asked || '/');
/** Where something is done, and what is sent there. */
const doors = [
  { service: 'order', method: 'POST', path: '/orders', sent: order },
  {
    service: 'order',
    method: 'POST',
    path: '/orders/0193a4b0-0000-7000-8000-000000000000/cancel',
    sent: fc.record({ reason: or('Late') }),
  },
  { service: 'inventory', method: 'PUT', path: '/inventory/SKU-9', sent: item },
  { service: 'inventory', method: 'POST', path: '/inventory/SKU-1/adjustments', sent: adjustment },
] as const;

const headerValue = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.constantFrom('', 'x'.repeat(9_000), 'x'.repeat(20_000), 'é', '\u0000', 'a\r\nx: y', '\x7f'),
);
const header = fc.oneof(
  fc
    .constantFrom(
      'x-request-id',
      'idempotency-key',
      'traceparent',
      'content-type',
      'content-encoding',
      'host',
      'origin',
      'sec-fetch-site',
      'accept',
      'cookie',
      'x-forwarded-for',
      'expect',
      'upgrade',
      'connection',
      'te',
      'range',
      'if-match',
      'x-http-method-override',
    )
    .chain((name) => headerValue.map((value) => `${name}: ${value}`)),
  fc.constantFrom(
    'content-type: application/json; charset=utf-16',
    'content-encoding: gzip',
    'expect: 100-continue',
    'transfer-encoding: gzip, chunked',
    'content-length: 5',
    'content-length: -1',
    'no colon',
    ': no name',
    ' folded: x',
    'upgrade: h2c',
    'idempotency-key: k',
    'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  ),
);
const headers = fc
  .tuple(
    fc.oneof(
      { weight: 9, arbitrary: fc.constant(HOST) },
      { weight: 1, arbitrary: fc.constantFrom('host: evil.example', 'host:', 'x: y') },
    ),
    fc.oneof(
      { weight: 7, arbitrary: fc.constant('content-type: application/json') },
      { weight: 1, arbitrary: fc.constantFrom('content-type: text/plain', 'x: y') },
    ),
    fc.oneof({ weight: 4, arbitrary: fc.constant<string[]>([]) }, { weight: 1, arbitrary: fc.array(header, { maxLength: 4 }) }),
    fc.oneof({ weight: 30, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(100, 1_900, 3_000) }),
  )
  .map(([host, type, others, many]) => [host, type, ...others, ...Array.from({ length: many }, (_, index) => `x${index}: 1`)]);

type Target = Pick<HostileRequest, 'service' | 'method' | 'path' | 'body'>;

const known: fc.Arbitrary<Target> = fc
  .constantFrom(...doors)
  .chain(({ service, method, path: at, sent }) => bodyFor(sent).map((body) => ({ service, method, path: at, body })));
const unknown: fc.Arbitrary<Target> = fc.record({
  service: fc.constantFrom<HostileRequest['service']>('order', 'inventory'),
  method: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH') },
    { weight: 1, arbitrary: fc.constantFrom('TRACE', 'CONNECT', 'PROPFIND', 'post', 'FETCH', '', 'G\u0000T') },
  ),
  path: fc.oneof(
    path,
    fc.constantFrom(...doors).map((door) => door.path),
  ),
  body: fc.oneof(fc.constant(Buffer.alloc(0)), bodyFor(rareValue)),
});

export const hostileRequest: fc.Arbitrary<HostileRequest> = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: known }, { weight: 2, arbitrary: unknown }),
    fc.record({
      headers,
      framing: fc.oneof<fc.WeightedArbitrary<HostileRequest['framing']>[]>(
        { weight: 8, arbitrary: fc.constant('length') },
        { weight: 2, arbitrary: fc.constant('chunked') },
        { weight: 1, arbitrary: fc.constantFrom('wrong length', 'bad chunks', 'none') },
      ),
      share: fc.oneof(
        { weight: 12, arbitrary: fc.constant(1) },
        { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
      ),
    }),
  )
  .map(([target, rest]) => ({ ...target, ...rest }));

function framed({ framing, body }: HostileRequest): { readonly header: string[]; readonly content: Buffer } {
  if (framing === 'length') return { header: [`content-length: ${body.length}`], content: body };
  if (framing === 'wrong length') return { header: [`content-length: ${body.length + 7}`], content: body };
  if (framing === 'none') return { header: [], content: body };
  const size = framing === 'chunked' ? body.length.toString(16) : 'xyz';
  const content =
    body.length === 0
      ? Buffer.from('0\r\n\r\n')
      : Buffer.concat([Buffer.from(`${size}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
  return { header: ['transfer-encoding: chunked'], content };
}

/** Whether the server may wait for more of it. */
export function isIncomplete({ framing, share, headers: lines }: HostileRequest): boolean {
  return (
    share < 1 || framing === 'wrong length' || lines.some((each) => /^(content-length|transfer-encoding|connection):/i.test(each))
  );
}

/** The request on the wire, in two pieces. */
export function bytesOf(request: HostileRequest): Buffer[] {
  const { method, path: target, headers: lines, share } = request;
  const { header: framing, content } = framed(request);
  const head = [`${method} ${target} HTTP/1.1`, ...lines, ...framing, 'connection: close', '', ''].join('\r\n');
  const whole = Buffer.concat([Buffer.from(head, 'latin1'), content]);
  const sent = whole.subarray(0, Math.ceil(whole.length * share));
  return [sent.subarray(0, sent.length / 2), sent.subarray(sent.length / 2)];
}
