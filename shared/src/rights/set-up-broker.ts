import type { BrokerDefinitions, DefinedBinding } from './definitions.js';
import { SetUpRefused } from './set-up-refused.js';

/** An administrator of a broker, at its management API. */
export interface BrokerAdministrator {
  /** Without credentials. */
  readonly managementUrl: string;
  readonly user: string;
  readonly password: string;
  readonly vhost: string;
}

/** For one answer: an import declares everything before it is given. */
const TIMEOUT_MS = 60_000;

type Call = <Answer>(method: string, path: string, body?: object) => Promise<Answer>;

function callerOf({ managementUrl, user, password }: BrokerAdministrator): Call {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return async (method, path, body) => {
    const response = await fetch(`${managementUrl}/api${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.status === 401 || response.status === 403) {
      const mend = `check its password, and that it is an administrator (rabbitmqctl set_user_tags ${user} administrator)`;
      throw new SetUpRefused(`RabbitMQ at ${managementUrl} refuses "${user}" (${response.status}): ${mend}`);
    }
    if (!response.ok) throw new SetUpRefused(`RabbitMQ answered ${response.status} to ${method} ${path}: ${text}`);
    return JSON.parse(text || 'null');
  };
}

const nameOf = ({ source, destination, routing_key }: Pick<DefinedBinding, 'source' | 'destination' | 'routing_key'>) =>
  `${source} ${destination} ${routing_key}`;

/** A version of a service that consumes an event no longer would park its messages. */
async function removeOutdatedBindings(call: Call, vhost: string, { users, bindings }: BrokerDefinitions): Promise<void> {
  const own = new Set(users.map(({ name }) => name));
  const wanted = new Set(bindings.map(nameOf));
  const there = await call<(DefinedBinding & { properties_key: string })[]>('GET', `/bindings/${vhost}`);
  for (const each of there.filter(({ source, destination }) => source !== '' && own.has(destination))) {
    if (wanted.has(nameOf(each))) continue;
    const [source, queue, key] = [each.source, each.destination, each.properties_key].map(encodeURIComponent);
    await call('DELETE', `/bindings/${vhost}/e/${source}/q/${queue}/${key}`);
  }
}

/**
 * Imports definitions (see `brokerDefinitions`), and unbinds the services' queues from what they consume no longer. May be repeated: messages
 * stay where they are.
 *
 * @param before called before queues are made, with the services whose queues are missing
 * @throws SetUpRefused when the broker does not let this administrator do it
 */
export async function setUpBroker(
  administrator: BrokerAdministrator,
  definitions: BrokerDefinitions,
  before: (missing: readonly string[]) => Promise<void> = async () => undefined,
): Promise<void> {
  const call = callerOf(administrator);
  const vhost = encodeURIComponent(administrator.vhost);
  await call('PUT', `/vhosts/${vhost}`, {});
  const queues = new Set((await call<{ name: string }[]>('GET', `/queues/${vhost}`)).map(({ name }) => name));
  await before(definitions.users.map(({ name }) => name).filter((name) => !queues.has(name)));
  await call('POST', '/definitions', definitions);
  await removeOutdatedBindings(call, vhost, definitions);
}

/**
 * What of the definitions is not there, in words: an administrator sees bindings, which a service cannot.
 *
 * @throws SetUpRefused when the broker does not let this administrator look
 */
export async function missingAtBroker(
  administrator: BrokerAdministrator,
  { queues, bindings }: Pick<BrokerDefinitions, 'queues' | 'bindings'>,
): Promise<string[]> {
  const call = callerOf(administrator);
  const vhost = encodeURIComponent(administrator.vhost);
  const there = new Set((await call<{ name: string }[]>('GET', `/queues/${vhost}?columns=name`)).map(({ name }) => name));
  const bound = new Set((await call<DefinedBinding[]>('GET', `/bindings/${vhost}`)).map(nameOf));
  return [
    ...queues.filter(({ name }) => !there.has(name)).map(({ name }) => `queue ${name}`),
    ...bindings.filter((each) => !bound.has(nameOf(each))).map((each) => `binding ${nameOf(each)}`),
  ];
}
