import { randomUUID } from 'node:crypto';
import { withPath } from '../config/with-path.js';
import { type Management, managementOf } from '../rights/management.js';

/** A virtual host of its own for one test file, at the broker that RABBITMQ_URL and RABBITMQ_MANAGEMENT_URL name. */
export interface Vhost {
  /** `amqp://...` with the virtual host in it. */
  readonly url: string;
  readonly name: string;
  /** Calls the management API: `api('/queues/{vhost}')`. */
  readonly api: Management;
  /** Deletes it with everything in it; connections to it are closed by the broker. */
  drop(): Promise<void>;
}

export async function freshVhost(): Promise<Vhost> {
  const broker = new URL(required('RABBITMQ_URL'));
  const management = new URL(required('RABBITMQ_MANAGEMENT_URL'));
  const user = decodeURIComponent(management.username || broker.username || 'guest');
  const password = decodeURIComponent(management.password || broker.password || 'guest');
  const name = `test-${randomUUID()}`;
  const api = managementOf({ managementUrl: management.origin, user, password, vhost: name });
  await api('/vhosts/{vhost}', { method: 'PUT', body: {} });
  const everything = { configure: '.*', write: '.*', read: '.*' };
  await api(`/permissions/{vhost}/${encodeURIComponent(decodeURIComponent(broker.username) || 'guest')}`, {
    method: 'PUT',
    body: everything,
  });
  return { url: withPath(broker.href, `/${name}`), name, api, drop: () => api('/vhosts/{vhost}', { method: 'DELETE' }) };
}

function required(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === '') {
    throw new Error(`${variable} is not set: run \`node tools/bootstrap.mjs servers\` and export what it prints`);
  }
  return value;
}
