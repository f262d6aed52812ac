import { DEAD_LETTER_EXCHANGE, REDELIVER_EXCHANGE, REDRIVEN } from '@quickstep/shared/choreography';
import { AnalyticsAlertRaised } from '@quickstep/shared/contracts';
import type { FurtherRights } from '@quickstep/shared/rights';
import { choreographies } from './services.js';

/**
 * Where copies of all parked messages wait for the index. While nobody reads it, it keeps the latest: parking must go on, and a pass over
 * the queues finds what is missing. Not `reject-publish`, which would refuse the parked message itself.
 */
const deadLetterIndex = {
  name: 'operations-service.dead-letter-index',
  bindings: [{ exchange: DEAD_LETTER_EXCHANGE, routingKey: '#' }],
  arguments: { 'x-queue-type': 'quorum', 'x-max-length': 100_000, 'x-overflow': 'drop-head' },
} as const;

/** It keeps an index of what is parked, from copies, and sends parked messages to their services again. */
const furtherRights: FurtherRights = {
  queues: [deadLetterIndex],
  reads: choreographies.map(({ service }) => `${service}.dead-letter`),
  writes: [{ exchange: REDELIVER_EXCHANGE, keys: [`${REDRIVEN}.*`] }],
};

/**
 * The operator's service, which follows all others and therefore depends on this list. Launcher, Compose and documents take from here
 * what they must know of it.
 */
export const operations = {
  service: 'operations-service',
  port: 3000,
  database: 'quickstep_operations',
  /** It takes no part in any saga, but tells what it finds. */
  emits: [AnalyticsAlertRaised],
  deadLetterIndex,
  furtherRights,
} as const;
