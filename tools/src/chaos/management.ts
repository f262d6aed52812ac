import { Problem } from '../problem.js';

/** `api('/queues/{vhost}/order-service', 'DELETE')`; `{vhost}` stands for the system's. @throws Problem unless it answers 2xx */
export type Management = <Answer>(path: string, method?: string, body?: object) => Promise<Answer>;

/** RabbitMQ's management API. @param url without credentials, asked for each call @param account an AMQP URL of an administrator */
export function managementOf(url: () => string, account: string, vhost: string): Management {
  const { username, password } = new URL(account);
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const headers = { authorization: `Basic ${Buffer.from(login).toString('base64')}`, 'content-type': 'application/json' };
  return async (path, method = 'GET', body) => {
    const response = await fetch(`${url()}/api${path.replaceAll('{vhost}', encodeURIComponent(vhost))}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Problem(`RabbitMQ answered ${response.status} to ${method} ${path}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}
