import { type DefinedBinding, hashedPassword } from '@quickstep/shared/rights';
import { systemDefinitions } from '@quickstep/system/rights';
import { Problem } from '../problem.js';
import { tryFetch, until } from '../wait.js';
import type { Account } from './accounts.js';

/** An administrator of a broker, at its management API. */
export interface BrokerAdministrator {
  /** Without credentials. */
  readonly managementUrl: string;
  readonly user: string;
  readonly password: string;
  readonly vhost: string;
}

type Call = <Answer>(method: string, path: string, body?: object) => Promise<Answer>;

const TIMEOUT_MS = 60_000;

function callerOf({ managementUrl, user, password }: BrokerAdministrator): Call {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return async (method, path, body) => {
    const response = await fetch(`${managementUrl}/api${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status === 401 || response.status === 403) {
      throw new Problem(
        `RabbitMQ at ${managementUrl} refuses "${user}" (${response.status}): check its password, and that it is an administrator (rabbitmqctl set_user_tags ${user} administrator).`,
      );
    }
    if (!response.ok) throw new Problem(`RabbitMQ answered ${response.status} to ${method} ${path}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}

const nameOf = ({ source, destination, routing_key }: Pick<DefinedBinding, 'source' | 'destination' | 'routing_key'>) =>
  `${source} ${destination} ${routing_key}`;

/** A version of a service that consumes an event no longer would park its messages. */
async function removeOutdatedBindings(call: Call, vhost: string, declared: readonly DefinedBinding[], own: ReadonlySet<string>) {
  const wanted = new Set(declared.map(nameOf));
  const there = await call<(DefinedBinding & { properties_key: string })[]>('GET', `/bindings/${vhost}`);
  for (const each of there.filter(({ source, destination }) => source !== '' && own.has(destination))) {
    if (wanted.has(nameOf(each))) continue;
    const [source, queue, key] = [each.source, each.destination, each.properties_key].map(encodeURIComponent);
    await call('DELETE', `/bindings/${vhost}/e/${source}/q/${queue}/${key}`);
  }
}

export interface BrokerSetup {
  /** As `RETRY_DELAYS_MS` has them. */
  readonly retryDelays?: readonly number[];
  /** Before queues are made: told which services' queues are missing. */
  before(missing: readonly string[]): Promise<void>;
}

/**
 * Gives the services their accounts, with rights derived from their declarations, and the topology that they then only look for. May be
 * repeated: messages stay where they are.
 */
export async function setUpBroker(
  administrator: BrokerAdministrator,
  accounts: readonly Account[],
  setup: BrokerSetup,
): Promise<void> {
  const { managementUrl } = administrator;
  const vhost = encodeURIComponent(administrator.vhost);
  const answers = async () => (await tryFetch(managementUrl)) !== undefined;
  await until(answers, {
    timeoutMs: TIMEOUT_MS,
    everyMs: 500,
    failure: `RabbitMQ's management API at ${managementUrl} did not answer`,
  });
  const call = callerOf(administrator);
  await call('PUT', `/vhosts/${vhost}`, {});
  const queues = new Set((await call<{ name: string }[]>('GET', `/queues/${vhost}`)).map(({ name }) => name));
  await setup.before(accounts.map(({ service }) => service).filter((service) => !queues.has(service)));
  const passwordHashes = new Map(accounts.map(({ service, rabbitmq }) => [service, hashedPassword(rabbitmq.value)]));
  const definitions = systemDefinitions({ ...setup, vhost: administrator.vhost, passwordHashes });
  await call('POST', '/definitions', definitions);
  await removeOutdatedBindings(call, vhost, definitions.bindings, new Set(accounts.map(({ service }) => service)));
}
