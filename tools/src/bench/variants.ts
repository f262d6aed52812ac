import { Problem } from '../problem.js';

/** One design choice taken back, or another setting: what it costs, or brings, is measured by leaving all else as it is. */
export interface Variant {
  name: string;
  what: string;
  env: Record<string, string>;
  /** A design choice that no setting takes back: the module, in `taken-back`, that does. */
  takenBack?: 'validation' | 'http-batching' | 'statements';
  idempotencyKeys?: true;
  /** Share of the orders that is enough: some variants take ten times as long. */
  share: number;
}

export const baseline: Variant = { name: 'baseline', what: 'as shipped', env: {}, share: 1 };

export const variants: Variant[] = [
  baseline,
  { name: 'batched-events', what: 'many events in one AMQP message', env: { EVENT_BATCHING: 'on' }, share: 1 },
  {
    name: 'one-by-one',
    what: 'batch limit 1, so no HTTP batching either',
    // The usual prefetch, twice the batch limit, would leave the consumer idle for a round trip after every message.
    env: { BATCH_LIMIT: '1', PREFETCH: '400' },
    share: 0.2,
  },
  { name: 'batch-limit-20', what: 'batch limit 20', env: { BATCH_LIMIT: '20', PREFETCH: '400' }, share: 0.5 },
  { name: 'no-http-batching', what: 'a transaction for each request', env: {}, takenBack: 'http-batching', share: 0.3 },
  {
    name: 'typeorm-statements',
    what: "the services' tables by TypeORM's find, save and insert",
    env: {},
    takenBack: 'statements',
    share: 0.5,
  },
  { name: 'no-linger', what: 'no wait for more', env: { LINGER_MS: '0' }, share: 1 },
  { name: 'no-validation', what: 'no schema validation', env: {}, takenBack: 'validation', share: 1 },
  { name: 'no-logging', what: 'errors only in the log', env: { LOG_LEVEL: 'error' }, share: 1 },
  { name: 'debug-logging', what: 'a line for each message', env: { LOG_LEVEL: 'debug' }, share: 1 },
  { name: 'idempotency-keys', what: 'each request with an Idempotency-Key', env: {}, idempotencyKeys: true, share: 1 },
];

export function variantNamed(name: string): Variant {
  const found = variants.find((variant) => variant.name === name);
  if (found) return found;
  throw new Problem(`There is no variant "${name}". There are: ${variants.map((variant) => variant.name).join(', ')}.`);
}
