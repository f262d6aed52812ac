import { integer, readConfig, serviceUrls } from '@quickstep/shared/config';
import { operations, serviceNames, services } from '@quickstep/system';

const standardUrls = serviceNames.map((name) => `${services[name].choreography.service}=http://127.0.0.1:${services[name].port}`);

/** What is particular to this service's configuration. */
export const operationsDefaults = {
  service: operations.service,
  port: operations.port,
  own: {
    serviceUrls: serviceUrls('SERVICE_URLS', 'Addresses of the services that it follows', {
      fallback: standardUrls.join(','),
      example: 'order-service=http://order-service:3001,payment-service=http://payment-service:3003',
    }),
    compareEvery: integer('DEAD_LETTERS_COMPARED_EVERY_MS', 'How often the queues of dead letters are compared with the index', {
      fallback: '15000',
    }),
    lostAfter: integer(
      'LOST_EVENTS_RESENT_AFTER_MS',
      'Age at which an event that is not in the inbox of a service that reacts to it counts as lost, and is sent to that service again: longer than all RETRY_DELAYS_MS together, shorter than ORDER_DEADLINE_MS; 0: never',
      { fallback: '600000', min: 0 },
    ),
    deadLetterRetentionDays: integer(
      'DEAD_LETTER_RETENTION_DAYS',
      'How long the bodies of dead letters are kept after they have been dealt with; 0: for ever',
      { fallback: '30', min: 0, max: 36_500 },
    ),
  },
};

/** @throws ConfigError naming every variable that is missing or wrong */
export const operationsConfig = (env?: NodeJS.ProcessEnv) => readConfig(operationsDefaults, env);
