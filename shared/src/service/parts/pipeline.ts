import type { Implementation, Retry } from '../../choreography/index.js';
import { type EffectStatus, Pipeline, type PipelineOptions } from '../../pipeline/index.js';
import { definitions } from '../../telemetry/index.js';
import type { Part, ServiceGauge } from '../part.js';

export interface PipelinePart<I extends Implementation> extends Part {
  readonly pipeline: Pipeline<I>;
}

function unroutable(types: readonly string[]): string | undefined {
  return types.length === 0 ? undefined : `no queue wants ${types.join(', ')}: start the services that consume them`;
}

/** The service goes on with all that does not need them. */
function away(effects: readonly EffectStatus[]): string | undefined {
  const open = effects.filter(({ state }) => state !== 'closed');
  const said = open.map(({ effect, state, secondsToProbe }) =>
    state === 'open'
      ? `the ${effect} is away and asked again in ${Math.ceil(secondsToProbe)} s`
      : `the ${effect} is being tried again`,
  );
  return said.length === 0 ? undefined : said.join('; ');
}

function hanging(effects: readonly EffectStatus[]): string | undefined {
  const calls = effects.filter(({ running }) => running > 0).map(({ effect, running }) => `the ${effect} (${running} under way)`);
  return calls.length === 0 ? undefined : calls.join(', ');
}

const STATE_NUMBERS = { closed: 0, 'half-open': 1, open: 2 } as const;

/** Gauges of the outside world, and of how steps are tried again. */
function gaugesOf<I extends Implementation>(pipeline: Pipeline<I>): ServiceGauge[] {
  const each = (value: (status: EffectStatus) => number) => () =>
    new Map(pipeline.effects.map((status) => [status.effect, value(status)]));
  const policy = (value: (retry: Retry) => number) => () =>
    new Map(pipeline.retries.map(({ step, retry }) => [step, value(retry)]));
  return [
    { ...definitions.unroutable, read: () => pipeline.relay.unroutable.length },
    { ...definitions.inFlight, read: () => pipeline.messagesInFlight },
    { ...definitions.breakerState, label: 'effect', read: each(({ state }) => STATE_NUMBERS[state]) },
    { ...definitions.breakerProbe, label: 'effect', read: each(({ secondsToProbe }) => secondsToProbe) },
    { ...definitions.effectsRunning, label: 'effect', read: each(({ running }) => running) },
    { ...definitions.effectsWaiting, label: 'effect', read: each(({ waiting }) => waiting) },
    {
      ...definitions.retryLimit,
      label: 'step',
      read: policy(({ limit, endless }) => (endless ? Number.POSITIVE_INFINITY : limit)),
    },
    { ...definitions.retryLongest, label: 'step', read: policy(({ delays }) => (delays.at(-1) ?? 0) / 1_000) },
  ];
}

/** The pipeline of the service's steps. It finishes what has arrived once the consumer has stopped. */
export function pipelinePart<I extends Implementation>(implementation: I, options: PipelineOptions): PipelinePart<I> {
  const pipeline = new Pipeline(implementation, options);
  return {
    name: 'pipeline',
    pipeline,
    start: async () => pipeline.start(),
    stop: () => pipeline.stop(),
    waitsFor: () => hanging(pipeline.effects),
    checks: [
      { name: 'routing', of: 'publishing', check: () => unroutable(pipeline.relay.unroutable) },
      { name: 'outside world', of: 'effects', check: () => away(pipeline.effects) },
    ],
    gauges: gaugesOf(pipeline),
  };
}
