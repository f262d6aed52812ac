import { Problem } from '../problem.js';

/** Settings of the services that differ from the defaults. An ablation measures one variant against the baseline, all else equal. */
export interface Variant {
  name: string;
  what: string;
  env: Record<string, string>;
  idempotencyKeys?: true;
  /** Share of the orders that is enough: some variants take ten times as long. */
  share: number;
}

export const baseline: Variant = { name: 'baseline', what: 'default settings', env: {}, share: 1 };

export const variants: Variant[] = [
  baseline,
  { name: 'batched-events', what: 'many events in one AMQP message', env: { EVENT_BATCHING: 'on' }, share: 1 },
  {
    name: 'one-by-one',
    what: 'batch limit 1: a transaction for each message',
    // The usual prefetch, twice the batch limit, would leave the consumer idle for a round trip after every message.
    env: { BATCH_LIMIT: '1', PREFETCH: '400' },
    share: 0.2,
  },
  { name: 'batch-limit-20', what: 'batch limit 20', env: { BATCH_LIMIT: '20', PREFETCH: '400' }, share: 0.5 },
  { name: 'no-linger', what: 'no wait for more', env: { LINGER_MS: '0' }, share: 1 },
  { name: 'no-logging', what: 'errors only in the log', env: { LOG_LEVEL: 'error' }, share: 1 },
  { name: 'debug-logging', what: 'a line for each message', env: { LOG_LEVEL: 'debug' }, share: 1 },
  { name: 'idempotency-keys', what: 'each request with an Idempotency-Key', env: {}, idempotencyKeys: true, share: 1 },
];

export function variantNamed(name: string): Variant {
  const found = variants.find((variant) => variant.name === name);
  if (found) return found;
  throw new Problem(`There is no variant "${name}". There are: ${variants.map((variant) => variant.name).join(', ')}.`);
}
