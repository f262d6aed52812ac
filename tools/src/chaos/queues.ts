import type { World } from './world.js';

/** What stands in queues and outboxes. */
export async function waitingIn({ management, databases, fleet }: World): Promise<string> {
  const queues = await management<{ name: string; messages?: number }[]>('/queues/{vhost}').catch(() => []);
  const full = queues.filter(({ messages = 0 }) => messages > 0).map(({ name, messages }) => `${name} ${messages}`);
  for (const service of fleet.names) {
    const [row] = await databases
      .ask<{ entries: number }>(service, 'select count(*)::int as entries from outbox', [])
      .catch(() => []);
    if (row !== undefined && row.entries > 0) full.push(`outbox of ${service} ${row.entries}`);
  }
  return full.join(', ') || 'nothing in queues and outboxes';
}

interface Got {
  readonly routing_key: string;
  readonly properties: { readonly type?: string; readonly headers?: Readonly<Record<string, unknown>> };
}

const MOST = 20;

/** What stands in the dead-letter queues, each message in a line; they stay there. */
export async function parkedIn({ management, fleet }: World): Promise<string[]> {
  const look = { method: 'POST', body: { count: MOST, ackmode: 'reject_requeue_true', encoding: 'auto' } };
  const each = fleet.names.map(async (name) => {
    const got = await management<Got[]>(`/queues/{vhost}/${name}.dead-letter/get`, look).catch(() => []);
    return got.map(({ routing_key: key, properties: { type, headers = {} } }) => {
      // What the broker has dead-lettered itself still says why it had waited before.
      const [byBroker, said] = [headers['x-death'] !== undefined, headers['x-reason']];
      const why = byBroker || said === undefined ? 'its queue was away, or gave it up' : said;
      const before = byBroker && said !== undefined ? ` (it had waited before: ${String(said)})` : '';
      return `${name}: ${type ?? key}: ${String(why)}${before}`;
    });
  });
  return (await Promise.all(each)).flat();
}
