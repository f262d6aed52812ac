import { randomUUID } from 'node:crypto';

/** A virtual host of its own for one test file, at the broker that RABBITMQ_URL and RABBITMQ_MANAGEMENT_URL name. */
export interface Vhost {
  /** `amqp://...` with the virtual host in it. */
  readonly url: string;
  readonly name: string;
  /** Calls the management API: `api('/queues/{vhost}')`; `{vhost}` stands for the name. @throws Error unless it answers 2xx */
  api<Answer>(path: string, options?: { readonly method?: string; readonly body?: unknown }): Promise<Answer>;
  /** Deletes it with everything in it; connections to it are closed by the broker. */
  drop(): Promise<void>;
}

export async function freshVhost(): Promise<Vhost> {
  const broker = new URL(required('RABBITMQ_URL'));
  const management = new URL(required('RABBITMQ_MANAGEMENT_URL'));
  const user = decodeURIComponent(management.username || broker.username || 'guest');
  const password = decodeURIComponent(management.password || broker.password || 'guest');
  const name = `test-${randomUUID()}`;
  const api: Vhost['api'] = async (path, { method = 'GET', body } = {}) => {
    const response = await fetch(new URL(`/api${path.replaceAll('{vhost}', name)}`, management.origin), {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  await api('/vhosts/{vhost}', { method: 'PUT', body: {} });
  const everything = { configure: '.*', write: '.*', read: '.*' };
  await api(`/permissions/{vhost}/${encodeURIComponent(decodeURIComponent(broker.username) || 'guest')}`, {
    method: 'PUT',
    body: everything,
  });
  broker.pathname = `/${name}`;
  return { url: broker.href, name, api, drop: () => api('/vhosts/{vhost}', { method: 'DELETE' }) };
}

function required(variable: string): string {
  const value = process.env[variable];
  if (value === undefined || value === '') {
    throw new Error(`${variable} is not set: run \`node tools/bootstrap.mjs servers\` and export what it prints`);
  }
  return value;
}
