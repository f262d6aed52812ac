import { describe, expect, test } from '@jest/globals';
import { outcome } from '@quickstep/shared/choreography';
import type { Tracing, Work, WorkSpan } from '@quickstep/shared/pipeline';
import { isSampled } from '../../src/pipeline/trace-context.js';
import { Cleaned, deliveryOf, kitchen, Ordered, SentBack } from './kitchen.js';
import { ending, pipelineOver } from './pipeline-over.js';
import { settled } from './time.js';

const OWN = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

/** Records the work of some steps, and notes what it is told. */
function recording(recorded: readonly string[]) {
  const told: string[] = [];
  const batches: { readonly steps: string[]; readonly since: number }[] = [];
  const spanOf = ({ bound: { name } }: Work): WorkSpan => ({
    traceparent: OWN,
    effect: (effect) => {
      told.push(`${name} calls ${effect}`);
      return (error) => told.push(`${name} called ${effect}: ${error ?? 'well'}`);
    },
    joins: () => undefined,
    end: ({ kind }) => told.push(`${name} ended: ${kind}`),
  });
  const tracing: Tracing = {
    begin: (work) => (recorded.includes(work.bound.name) ? spanOf(work) : undefined),
    batch: (works, since) => batches.push({ steps: works.map(({ bound }) => bound.name), since }),
  };
  return { told, batches, tracing };
}

function service(recorded: readonly string[], effect: () => Promise<unknown> = async () => 'clean') {
  const { told, batches, tracing } = recording(recorded);
  const clean = { ...ending('cleaned', Cleaned({ dish: 'soup' })), effect };
  const steps = {
    ...{ cook: ending('repeated'), clean, refuse: ending('refused'), watch: ending('seen') },
    ...{ hire: { rows: () => ({}), decide: () => outcome('known') }, cool: ending('eaten') },
  };
  return { told, batches, ...pipelineOver(kitchen, steps, { tracing }) };
}

describe('work whose trace is recorded', () => {
  test('has a span around it, one around its effect, and is the parent of what it emits', async () => {
    const { deliver, told, publisher } = service(['clean']);
    const message = deliveryOf(SentBack);
    await deliver(message);
    expect(told).toEqual(['clean calls dishwasher', 'clean called dishwasher: well', 'clean ended: done']);
    expect(publisher.published.flat().map(({ event }) => event.traceparent)).toEqual([OWN]);
    expect(message.fate).toEqual(['ack']);
  });

  test('tells of an effect that failed', async () => {
    const { deliver, told } = service(['clean'], () => Promise.reject(new Error('no water')));
    await deliver(deliveryOf(SentBack));
    expect(told).toEqual(['clean calls dishwasher', 'clean called dishwasher: Error: no water', 'clean ended: failed']);
  });
});

test('work whose trace is not recorded passes its trace on', async () => {
  const { deliver, told, publisher } = service([]);
  const message = deliveryOf(SentBack);
  await deliver(message);
  expect([told, message.fate]).toEqual([[], ['ack']]);
  expect(publisher.published.flat().map(({ event }) => event.traceparent)).not.toContain(OWN);
});

test('a batch is told once, with all of its work and when its transaction began', async () => {
  const before = performance.now();
  const { deliver, batches } = service(['watch', 'cook']);
  await deliver(deliveryOf(Ordered, 'soup'), deliveryOf(Ordered, 'salad'));
  await settled();
  expect(batches.map(({ steps }) => steps)).toEqual([['cook', 'watch', 'cook', 'watch']]);
  expect(batches[0]?.since).toBeGreaterThanOrEqual(before);
});

test.each([
  ['00', false],
  ['01', true],
  ['02', false],
  ['03', true],
])('the flags %s of a trace say whether it is sampled: %s', (flags, sampled) => {
  expect(isSampled(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}`)).toBe(sampled);
});
