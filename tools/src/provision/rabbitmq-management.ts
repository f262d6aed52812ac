import { Problem } from '../problem.js';
import { tryFetch, until } from '../wait.js';
import type { Broker } from './provided.js';
import { type Secret, secretOf } from './secrets.js';

/** The only account that the broker makes by itself, at its first start: there is no `guest`. */
export const administrator = 'administrator';
const services = 'quickstep';
export const vhost = 'quickstep';

export const administratorSecret = (directory: string): Secret => secretOf(directory, 'rabbitmq-administrator');

interface Started {
  directory: string;
  amqpPort: number;
  managementPort: number;
  signal: AbortSignal | undefined;
  /** Throws when the broker has ended meanwhile. */
  check?: () => void;
}

/** Waits for a broker that was just started and gives it the account of the services. */
export async function prepareBroker(started: Started): Promise<{ broker: Broker; version: string }> {
  const { directory, amqpPort } = started;
  const managementUrl = `http://127.0.0.1:${started.managementPort}`;
  const secret = administratorSecret(directory);
  const version = await awaitManagement(managementUrl, secret, started);
  const { value: password } = secretOf(directory, 'rabbitmq-services');
  const everything = { configure: '.*', write: '.*', read: '.*' };
  const put = (path: string, body: object) => call(managementUrl, secret, 'PUT', path, body);
  await put(`/vhosts/${vhost}`, {});
  await put(`/users/${services}`, { password, tags: 'monitoring' });
  for (const user of [services, administrator]) await put(`/permissions/${vhost}/${user}`, everything);
  const host = `127.0.0.1:${amqpPort}`;
  const broker: Broker = {
    url: `amqp://${services}:${password}@${host}/${vhost}`,
    administratorUrl: `amqp://${administrator}:${secret.value}@${host}`,
    managementUrl,
    managementLogin: { user: administrator, passwordFile: secret.file },
  };
  return { broker, version };
}

/** `fetch` refuses credentials in a URL. */
const authorization = ({ value }: Secret) => `Basic ${Buffer.from(`${administrator}:${value}`).toString('base64')}`;

/** The broker's version, once the management API tells it. */
function awaitManagement(url: string, secret: Secret, { directory, signal, check }: Started): Promise<string> {
  const probe = async () => {
    check?.();
    const response = await tryFetch(`${url}/api/overview`, { headers: { authorization: authorization(secret) } });
    if (response?.status === 401) throw new Problem(refused(directory, secret));
    if (!response?.ok) return undefined;
    const { rabbitmq_version } = (await response.json()) as { rabbitmq_version: string };
    return rabbitmq_version;
  };
  return until(probe, {
    timeoutMs: 120_000,
    everyMs: 100,
    signal,
    failure: `RabbitMQ's management API at ${url} did not answer`,
  });
}

function refused(directory: string, { file }: Secret): string {
  return (
    `RabbitMQ's data does not know the password in ${file}: it was made with another one, or by a version that had none of its own. ` +
    `Put the right file back, or move ${directory} away to begin anew.`
  );
}

/** Where each service has an account of its own, none is left that may do everything but the administrator's. */
export function removeServicesAccount(managementUrl: string, directory: string): Promise<void> {
  return call(managementUrl, administratorSecret(directory), 'DELETE', `/users/${services}`);
}

async function call(url: string, secret: Secret, method: string, path: string, body?: object): Promise<void> {
  const headers = { authorization: authorization(secret), 'content-type': 'application/json' };
  const response = await fetch(`${url}/api${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!response.ok) throw new Problem(`RabbitMQ answered ${response.status} to ${method} ${path}: ${await response.text()}`);
}
