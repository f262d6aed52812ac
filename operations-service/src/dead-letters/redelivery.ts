import { REDELIVER_EXCHANGE, REDRIVEN } from '@quickstep/shared/choreography';
import { headers, type Message } from '@quickstep/shared/messaging';
import type { StoredMessage } from '../db/dead-letter-index.js';

const given = (values: Readonly<Record<string, string | null>>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== ''));

/**
 * The message for the queue of the service that parked it, and for that alone. It says where it came from, as copies do that come back from
 * their wait; its count of attempts goes on, so that what had spent them all is parked again at once when it fails again.
 */
export function redelivery(stored: StoredMessage, redrive: string): Message {
  const { service, content, exchange, routingKey, userId, appId, messageId, correlationId, type, contentType } = stored;
  return {
    exchange: REDELIVER_EXCHANGE,
    routingKey: `${REDRIVEN}.${service}`,
    content,
    options: {
      ...given({ messageId, type, correlationId, contentType, appId }),
      persistent: true,
      mandatory: true,
      headers: {
        ...given({ [headers.exchange]: exchange, [headers.routingKey]: routingKey, [headers.userId]: userId }),
        [headers.attempt]: stored.attempts,
        [headers.firstFailedAt]: stored.firstFailedAt.toISOString(),
        [headers.redrive]: redrive,
      },
    },
  };
}
