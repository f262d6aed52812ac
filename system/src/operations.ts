import { DEAD_LETTER_EXCHANGE, REDELIVER_EXCHANGE, REDRIVEN } from '@quickstep/shared/choreography';
import { AnalyticsAlertRaised } from '@quickstep/shared/contracts';
import type { FurtherRights } from '@quickstep/shared/rights';

/** It keeps an index of what is parked, from copies, and sends parked messages to their services again. */
const furtherRights: FurtherRights = {
  queues: [{ name: 'operations-service.dead-letters', bindings: [{ exchange: DEAD_LETTER_EXCHANGE, routingKey: '#' }] }],
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
  furtherRights,
} as const;
