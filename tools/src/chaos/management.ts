import { type Management, managementOf } from '@quickstep/shared/rights';

/** A broker that is struck is not waited for long. Milliseconds. */
const TIMEOUT = 10_000;

/** RabbitMQ's management API. @param url without credentials, asked for each call @param account an AMQP URL of an administrator */
export function managementAt(url: () => string, account: string): Management {
  const { username, password, pathname } = new URL(account);
  const [user = '', word = '', vhost = ''] = [username, password, pathname.slice(1)].map(decodeURIComponent);
  return (path, options) => managementOf({ managementUrl: url(), user, password: word, vhost }, TIMEOUT)(path, options);
}
