import { createHash } from 'node:crypto';
import type { Message } from './messages.js';
import { shipped } from './settings.js';
import type { SimulatedDatabase } from './simulated-database.js';
import type { World } from './world.js';

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const MOMENT = /"\d{4}-\d\d-\d\dT[\d:.]+Z"/g;

/**
 * A fingerprint of everything that decides how a world can go on: databases, queues, what each process has in memory, what is
 * asked of the outside, timers, clients and providers. Ids are replaced by what caused them and moments by their distance, so that
 * two histories that lead to the same state are seen to.
 */
export function fingerprint(world: World, budget: unknown): string {
  const { environment, fleet, broker, clients, providers } = world;
  const { calls, time, ledger } = environment;
  const now = time.now().getTime();
  const named = (value: unknown) =>
    JSON.stringify(value)
      .replace(UUID, (id) => ledger.causes.nameOf(id))
      .replace(MOMENT, (moment) => distance(Date.parse(moment.slice(1, -1)), now));
  const unordered = (values: Iterable<unknown>) => [...values].map(named).sort();

  const databaseOf = (database: SimulatedDatabase) => {
    const confirmed = (id: string) => fleet.of(database.service).some((process) => process.confirmed.has(id));
    const promised = [...database.outbox.values()].flatMap(({ entry, since, attempts, nextAttempt }) => {
      const waits = [Math.min(now - since, shipped.sweepAfter), attempts, Math.max(nextAttempt - now, 0)];
      return entry.events.map(({ event: { id } }) => [id, confirmed(id), ...waits]);
    });
    const rows = [...database.tables].flatMap(([name, table]) => [...table.values()].map((row) => [name, row]));
    return [unordered(rows), unordered(database.inbox), unordered(promised)];
  };
  const processes = fleet.all.map((process) => [
    process.name,
    process.consuming,
    [...process.unsettled].map(messageName),
    process.backlog,
    calls.pending.flatMap((call) => (call.process === process ? [`${call.kind} ${call.about()}`] : [])),
  ]);
  const state = named([
    [...broker.queues.values()].map(({ ready, declared }) => [declared, ready.map(messageName)]),
    broker.deadLetters.map(({ queue, message }) => [queue.service, messageName(message)]),
    processes,
    calls.pending.flatMap((call) => (call.process === undefined ? [call.about()] : [])),
    [clients.waiting.map(({ about }) => about), clients.outstanding],
    time.describe(),
    budget,
  ]);
  const hash = createHash('sha1').update(state);
  for (const database of fleet.databases.values()) hash.update(JSON.stringify(databaseOf(database)));
  return hash.update(JSON.stringify(providers.describe().map((each) => unordered(each)))).digest('base64');
}

const messageName = ({ events, attempt, repeated }: Message) =>
  `${events.map(({ id }) => id).join('+')}#${attempt}${repeated ? ' repeated' : ''}`;

function distance(moment: number, now: number): string {
  return moment > now ? `"+${moment - now}"` : '"past"';
}
