import { withClient } from '@quickstep/shared/db';
import type { Running, ServiceName } from './services.js';
import type { Shop } from './shop.js';
import { until } from './until.js';

/**
 * Does something while a service has work in its hands that it cannot write: its inbox is locked, and `action` begins when it
 * has come to stand before the lock.
 *
 * @param locked called when it is locked: what is placed from now on is work for the service
 */
export async function whileItCannotWrite(
  shop: Shop<Running>,
  name: ServiceName,
  action: () => Promise<void>,
  locked = () => {},
): Promise<void> {
  await withClient(shop.databaseUrl(name), async (client) => {
    await client.query('begin; lock table inbox in exclusive mode');
    locked();
    const waiting = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    await until(
      async () => (await client.query(waiting)).rowCount || undefined,
      () => `The ${name} service has nothing to write`,
    );
    await action();
  });
}

/** Closes the service's connections as an operator would, through the management API. */
export async function disconnect(shop: Shop, name: ServiceName): Promise<void> {
  const theirs = await until(
    async () => {
      const open = await shop.vhost.api<Connection[]>('/vhosts/{vhost}/connections');
      const found = open.filter(({ client_properties: { connection_name = '' } = {} }) => connection_name.startsWith(name));
      return found.length > 0 ? found : undefined;
    },
    () => `The management API knows of no connection of ${name}`,
  );
  for (const each of theirs)
    await shop.vhost.api(`/connections/${encodeURIComponent(each.name)}`, { method: 'DELETE' }).catch(() => undefined);
}

interface Connection {
  readonly name: string;
  readonly client_properties?: { readonly connection_name?: string };
}
