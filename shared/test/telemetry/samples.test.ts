import { expect, test } from '@jest/globals';
import { createMetrics, definitions, samplesOf, sumOf } from '@quickstep/shared/telemetry';

const LABEL = 'a "quoted" name, with {braces}, a \\ and\na second line';

test('what a service tells of itself is read as it was counted: names, labels with anything in them, histograms up to infinity', async () => {
  const metrics = createMetrics('stock-service');
  metrics.deleted(LABEL, 3);
  metrics.batch(7, 0.5);
  metrics.gauge({ name: 'infinite', help: 'Infinite' }, () => Number.NEGATIVE_INFINITY);
  const samples = samplesOf(await metrics.text());
  const service = 'stock-service';
  const own = (name: string) => samples.filter((each) => each.name === name);
  expect(own(definitions.deleted.name)).toEqual([
    { name: definitions.deleted.name, labels: { table: LABEL, service }, value: 3 },
  ]);
  expect(own(`${definitions.batchSize.name}_sum`)).toEqual([
    { name: `${definitions.batchSize.name}_sum`, labels: { service }, value: 7 },
  ]);
  expect(own(`${definitions.batchSize.name}_bucket`).at(-1)).toMatchObject({ labels: { le: '+Inf' }, value: 1 });
  expect(own('infinite')).toEqual([{ name: 'infinite', labels: { service }, value: Number.NEGATIVE_INFINITY }]);
  expect(own('nodejs_version_info')).toHaveLength(1);
});

test('values are added up by whole labels; of what is not there nothing is said', () => {
  const samples = samplesOf(
    '# HELP a A\n# TYPE a counter\na{step="pack",to="x"} 1\na{step="pack",to="y"} +Inf\na{step="unpack"} 4\nb 5\n',
  );
  expect(sumOf(samples, 'a', { step: 'unpack' })).toBe(4);
  expect(sumOf(samples, 'a', { step: 'pack', to: 'x' })).toBe(1);
  expect(sumOf(samples, 'a', { step: 'pack' })).toBe(Number.POSITIVE_INFINITY);
  expect(sumOf(samples, 'b')).toBe(5);
  expect(sumOf(samples, 'a', { step: 'pac' })).toBeUndefined();
  expect(sumOf(samples, 'c')).toBeUndefined();
});
