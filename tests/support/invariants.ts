import type { CloudEvent } from '@quickstep/shared/events';
import { declaredSteps } from '@quickstep/system';
import { type Ask, Audit, durable, endedOnce, readSnapshot, readStock, textOf, traceable } from '@quickstep/system/invariants';
import type { Client } from 'pg';
import { type ServiceName, serviceNames } from './services.js';

type Databases = (name: ServiceName) => Client;
type Shelves = Readonly<Record<string, { readonly onHand: number }>>;

/** The invariants of the saga that do not hold, once every order has ended and nothing moves any more. */
export async function violations(
  events: readonly CloudEvent[],
  placed: readonly string[],
  shelves: Shelves,
  database: Databases,
): Promise<string[]> {
  const ask = askOf(database);
  const snapshot = await readSnapshot(ask);
  const audit = new Audit();
  audit.add(snapshot);
  const byId = new Map(events.map((event) => [event.id, event]));
  const before = new Map(Object.entries(shelves).map(([sku, { onHand }]) => [sku, onHand]));
  return [
    ...durable(placed, snapshot.orders),
    ...audit.finish(await readStock(ask), before),
    ...endedOnce(snapshot.orders, events),
    ...events.flatMap((event) => traceable(event, declaredSteps, (id) => byId.get(id))),
  ].map(textOf);
}

export function askOf(database: Databases): Ask {
  return async (service, statement, values) => {
    const name = serviceNames.find((each) => `${each}-service` === service);
    if (name === undefined) throw new Error(`There is no ${service}`);
    return (await database(name).query(statement, [...values])).rows;
  };
}
