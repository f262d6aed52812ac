import type { BrokerDefinitions, DefinedBinding } from './definitions.js';
import { type BrokerAdministrator, type Management, ManagementError, managementOf } from './management.js';
import { SetUpRefused } from './set-up-refused.js';

function callerOf(administrator: BrokerAdministrator): Management {
  const { managementUrl, user } = administrator;
  const call = managementOf(administrator);
  return async (path, options) => {
    try {
      return await call(path, options);
    } catch (error) {
      if (!(error instanceof ManagementError)) throw error;
      if (error.status !== 401 && error.status !== 403) throw new SetUpRefused(error.message);
      const mend = `check its password, and that it is an administrator (rabbitmqctl set_user_tags ${user} administrator)`;
      throw new SetUpRefused(`RabbitMQ at ${managementUrl} refuses "${user}" (${error.status}): ${mend}`);
    }
  };
}

const nameOf = ({ source, destination, routing_key }: Pick<DefinedBinding, 'source' | 'destination' | 'routing_key'>) =>
  `${source} ${destination} ${routing_key}`;

/** A version of a service that consumes an event no longer would park its messages. */
async function removeOutdatedBindings(call: Management, { users, bindings }: BrokerDefinitions): Promise<void> {
  const own = new Set(users.map(({ name }) => name));
  const wanted = new Set(bindings.map(nameOf));
  const there = await call<(DefinedBinding & { properties_key: string })[]>('/bindings/{vhost}');
  for (const each of there.filter(({ source, destination }) => source !== '' && own.has(destination))) {
    if (wanted.has(nameOf(each))) continue;
    const [source, queue, key] = [each.source, each.destination, each.properties_key].map(encodeURIComponent);
    await call(`/bindings/{vhost}/e/${source}/q/${queue}/${key}`, { method: 'DELETE' });
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
  await call('/vhosts/{vhost}', { method: 'PUT', body: {} });
  const queues = new Set((await call<{ name: string }[]>('/queues/{vhost}')).map(({ name }) => name));
  await before(definitions.users.map(({ name }) => name).filter((name) => !queues.has(name)));
  await call('/definitions', { method: 'POST', body: definitions });
  await removeOutdatedBindings(call, definitions);
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
  const there = new Set((await call<{ name: string }[]>('/queues/{vhost}?columns=name')).map(({ name }) => name));
  const bound = new Set((await call<DefinedBinding[]>('/bindings/{vhost}')).map(nameOf));
  return [
    ...queues.filter(({ name }) => !there.has(name)).map(({ name }) => `queue ${name}`),
    ...bindings.filter((each) => !bound.has(nameOf(each))).map((each) => `binding ${nameOf(each)}`),
  ];
}
