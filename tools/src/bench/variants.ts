import { serviceVariables } from '@quickstep/shared/config';
import { Problem } from '../problem.js';

/** One design choice taken back, or another setting: what it costs, or brings, is measured by leaving all else as it is. */
export interface Variant {
  name: string;
  what: string;
  env: Record<string, string>;
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
  { name: 'no-http-batching', what: 'a transaction for each request', env: { HTTP_BATCHING: 'off' }, share: 0.3 },
  { name: 'typeorm', what: "TypeORM's own statements instead of generated ones", env: { HOT_PATH_SQL: 'typeorm' }, share: 0.5 },
  { name: 'no-validation', what: 'no schema validation', env: { VALIDATION: 'off' }, share: 1 },
  { name: 'no-logging', what: 'errors only in the log', env: { LOG_LEVEL: 'error' }, share: 1 },
  { name: 'debug-logging', what: 'a line for each message', env: { LOG_LEVEL: 'debug' }, share: 1 },
  { name: 'idempotency-keys', what: 'each request with an Idempotency-Key', env: {}, idempotencyKeys: true, share: 1 },
];

const known = new Set(Object.values(serviceVariables({ service: '', port: 0 })).map((variable) => variable.name));

/** A setting that the services do not read would measure nothing and call it a result. */
export const isKnown = ({ env }: Variant) => Object.keys(env).every((name) => known.has(name));

export function variantNamed(name: string): Variant {
  const found = variants.find((variant) => variant.name === name);
  if (found && isKnown(found)) return found;
  if (found) throw new Problem(`The services do not read all of ${Object.keys(found.env).join(', ')}, which "${name}" sets.`);
  throw new Problem(`There is no variant "${name}". There are: ${variants.map((variant) => variant.name).join(', ')}.`);
}
