import type { AnyMessage } from '@quickstep/shared/choreography';
import type { EffectsOptions } from '@quickstep/shared/pipeline';
import type { BoundStep } from '../../src/pipeline/bound-step.js';
import { Effects } from '../../src/pipeline/effects.js';
import { HandDrivenClock, settled } from './time.js';

export const TIMEOUT = 1_000;
export const PROBE_AFTER = 5_000;

/** An outside that answers when the test says so. */
export function outside(options: Partial<EffectsOptions> = {}) {
  const clock = new HandDrivenClock();
  const changes: string[] = [];
  const effects = new Effects({
    clock,
    concurrency: 10,
    timeout: TIMEOUT,
    breaker: { calls: 4, probeAfter: PROBE_AFTER },
    changed: (effect, state) => changes.push(`${effect} ${state}`),
    ...options,
  });
  const running = new Map<string, { answer(value?: unknown): void; fail(error: unknown): void }>();
  const begun: string[] = [];
  const keys: string[] = [];
  const ended: string[] = [];

  function bound(effect: string | undefined, compensation: boolean, about?: (message: AnyMessage) => string): BoundStep {
    const call = (message: AnyMessage, key: string) => {
      begun.push(message.id);
      keys.push(key);
      return new Promise((answer, fail) => running.set(message.id, { answer, fail }));
    };
    const step = { rows: () => ({}), decide: () => ({ outcome: '', events: [] }), effect: call };
    return {
      retry: { delays: [1_000], limit: 1, endless: compensation, jitter: 0 },
      ...{ name: 'charge', kind: 'event', effect, compensation, outcomes: () => new Map(), awaitedBy: () => 'saga' },
      ...{ step: about === undefined ? step : { ...step, about }, refusalKind: () => undefined },
    };
  }

  async function call(
    id: string,
    { effect = 'gateway', compensation = false }: { effect?: string; compensation?: boolean } = {},
  ) {
    effects.run(bound(effect, compensation), { id, subject: id, data: undefined }).then(
      (answer) => ended.push(`${id}: ${answer}`),
      (error: unknown) => ended.push(`${id} failed: ${error}`),
    );
    await settled();
  }

  async function answer(id: string, value: unknown = 'done') {
    running.get(id)?.answer(value);
    await settled();
  }

  async function fail(id: string, error: unknown) {
    running.get(id)?.fail(error);
    await settled();
  }
  return { effects, changes, clock, bound, call, answer, fail, begun, keys, ended };
}

export const forward = { compensation: false };
export const compensation = { compensation: true };
