import { expect, test } from '@jest/globals';
import { type HrTime, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { RecordedSpan, randomHex } from '../../src/telemetry/tracing/recorded-span.js';

const milliseconds = ([seconds, nanoseconds]: HrTime) => seconds * 1_000 + nanoseconds / 1e6;

function begun(since: number, taken: ReadableSpan[] = []) {
  const origin = {
    resource: resourceFromAttributes({}),
    instrumentationScope: { name: 'test' },
    take: (span: ReadableSpan) => void taken.push(span),
  };
  const beginning = { name: 'a', kind: SpanKind.INTERNAL, attributes: {}, since };
  return new RecordedSpan(origin, beginning);
}

test('a span has the date of its beginning, by the clock of the machine, and lasts until it is ended', () => {
  const before = Date.now();
  const span = begun(performance.now() - 90_000);
  const after = Date.now();
  span.end();
  const [start, end, duration] = [span.startTime, span.endTime, span.duration].map(milliseconds);
  // The clock of the machine counts whole milliseconds.
  expect(start).toBeGreaterThan(before - 90_000 - 2);
  expect(start).toBeLessThan(after - 90_000 + 2);
  expect(duration).toBeGreaterThanOrEqual(90_000);
  expect(end).toBeCloseTo((start ?? 0) + (duration ?? 0), 2);
});

test('a span is handed on when it ends, with what was set meanwhile', () => {
  const taken: ReadableSpan[] = [];
  const span = begun(performance.now(), taken);
  span.set('quickstep.outcome', 'charged');
  expect(taken).toEqual([]);
  span.end(new RangeError('away'));
  expect(taken).toEqual([span]);
  expect(span).toMatchObject({
    attributes: { 'quickstep.outcome': 'charged', 'error.type': 'RangeError' },
    status: { code: SpanStatusCode.ERROR, message: 'away' },
    ended: true,
  });
});

test('no two ids are the same, however many are asked for', () => {
  const ids = Array.from({ length: 5_000 }, (_, index) => randomHex(index % 3 === 0 ? 16 : 8));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !/^([0-9a-f]{16}|[0-9a-f]{32})$/.test(id))).toEqual([]);
});
