import { randomUUID } from 'node:crypto';
import { simulatedGateway } from '@quickstep/payment-service/service';
import { type CloudEvent, exchangeOf } from '@quickstep/shared/events';
import type { Adapter } from '@quickstep/shared/service';
import { type FreshDatabase, freshDatabase, freshVhost, testEnvironment, type Vhost } from '@quickstep/shared/testing';
import { simulatedCarrier } from '@quickstep/shipping-service/service';
import { endedSaga, readSnapshot, sagasOf } from '@quickstep/system/invariants';
import { Client } from 'pg';
import { freePort } from '../../tools/src/provision/ports.js';
import { EventSpy } from './event-spy.js';
import { type Gates, gatedCarrier, gatedGateway, newGates } from './gate.js';
import { type Interventions, intervenedCarrier, intervenedGateway } from './interventions.js';
import { askOf, violations } from './invariants.js';
import { Quiet } from './quiet.js';
import { type Connections, type Running, type ServiceName, serviceNames, startHere } from './services.js';
import { ShopClient } from './shop-client.js';

export { type Answer, antarctica, type OrderRequest, type OrderView, type Problem } from './shop-client.js';

type Start<Service extends Running> = (name: ServiceName, env: NodeJS.ProcessEnv, doubles: Connections) => Promise<Service>;

function wrapped<Port>(adapter: Adapter<Port>, wrap: (port: Port) => Port): Adapter<Port> {
  return { ...adapter, connect: (resources, config) => wrap(adapter.connect(resources, config)) };
}

const AMPLE = 1_000_000;
/** What the shop has on its shelves. SKU-1 and SKU-2 cost 10.00 and 5.00 EUR; of SKU-RARE there is one. */
export const shelves: Readonly<Record<string, { readonly unitPrice: number; readonly onHand: number }>> = {
  'SKU-1': { unitPrice: 1_000, onHand: AMPLE },
  'SKU-2': { unitPrice: 500, onHand: AMPLE },
  'SKU-RARE': { unitPrice: 9_900, onHand: 1 },
};

/** The five services with a broker's virtual host and databases of their own, and a spy that hears everything. */
export class Shop<Service extends Running = Running> extends ShopClient {
  readonly spy: EventSpy;
  readonly vhost: Vhost;
  readonly gates: Gates;
  /** Of services in this process. */
  readonly interventions: Interventions = {};
  readonly #start: Start<Service>;
  readonly #databases: ReadonlyMap<ServiceName, Database>;
  readonly #services = new Map<ServiceName, Service>();
  readonly #replicas: Service[] = [];
  readonly #ports = new Map<ServiceName, string>();
  readonly #env: NodeJS.ProcessEnv;
  readonly #quiet: Quiet;

  private constructor(
    start: Start<Service>,
    env: NodeJS.ProcessEnv,
    vhost: Vhost,
    spy: EventSpy,
    databases: ReadonlyMap<ServiceName, Database>,
  ) {
    super();
    this.#start = start;
    this.#env = env;
    this.vhost = vhost;
    this.spy = spy;
    this.#databases = databases;
    this.gates = newGates();
    this.#quiet = new Quiet(spy, (name) => this.database(name));
  }

  /** Opens a shop whose shelves are filled and whose catalogue is known to everybody. */
  static async open<Service extends Running = Running>(
    start: Start<Service>,
    env: NodeJS.ProcessEnv = {},
  ): Promise<Shop<Service>> {
    const vhost = await freshVhost();
    const databases = new Map(await Promise.all(serviceNames.map(openDatabase)));
    const shop = new Shop(start, env, vhost, await EventSpy.listen(vhost.url), databases);
    await Promise.all(serviceNames.map((name) => shop.start(name)));
    await Promise.all(Object.entries(shelves).map(([sku, item]) => shop.fill(sku, item)));
    await shop.settled();
    return shop;
  }

  service(name: ServiceName): Service {
    const running = this.#services.get(name);
    if (running === undefined) throw new Error(`The ${name} service does not run`);
    return running;
  }

  database(name: ServiceName): Client {
    const known = this.#databases.get(name);
    if (known === undefined) throw new Error(`There is no database of ${name}`);
    return known.client;
  }

  databaseUrl(name: ServiceName): string {
    return this.#databases.get(name)?.fresh.url ?? '';
  }

  /** Starts a service where it was before, if it was: that one must have been stopped. @param env besides the shop's */
  async start(name: ServiceName, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const PORT = this.#ports.get(name) ?? String(await freePort());
    this.#ports.set(name, PORT);
    this.#services.set(name, await this.#run(name, { PORT, ...env }));
  }

  /** Starts another process of a service that runs already, on the same queue and database. */
  async startReplica(name: ServiceName): Promise<void> {
    this.#replicas.push(await this.#run(name));
  }

  #run(name: ServiceName, more: NodeJS.ProcessEnv = {}): Promise<Service> {
    const env = { ...testEnvironment(this.vhost.url, this.#databases.get(name)?.fresh.url ?? ''), ...this.#env, ...more };
    const connections: Connections = {
      gateway: wrapped(simulatedGateway, (gateway) => gatedGateway(intervenedGateway(gateway, this.interventions), this.gates)),
      carrier: wrapped(simulatedCarrier, (carrier) => gatedCarrier(intervenedCarrier(carrier, this.interventions), this.gates)),
    };
    return this.#start(name, env, connections);
  }

  /** Publishes a copy of an event: under another id, as whoever made it anew would, or under its own, as a redrive does. */
  publishAgain(event: CloudEvent, id = event.id): void {
    this.spy.publish(exchangeOf(event.type), event.type, JSON.stringify({ ...event, id }));
  }

  /** The types of the events about an order, in the order in which they were heard. */
  events(id: string): string[] {
    return this.spy.about(id).map(({ type }) => type);
  }

  eventOf(id: string, ...types: string[]): Promise<CloudEvent> {
    return this.spy.eventOf(id, ...types);
  }

  /** How the order ended, whenever that is. */
  async ended(id: string): Promise<'COMPLETED' | 'CANCELLED'> {
    const { type } = await this.spy.eventOf(id, 'order.completed', 'order.cancelled');
    return type === 'order.completed' ? 'COMPLETED' : 'CANCELLED';
  }

  /** Brings the order's deadline forward to this moment. */
  async expire(id: string): Promise<void> {
    await this.database('order').query('update orders set deadline_at = now() where order_id = $1', [id]);
  }

  /** Resolves when every event has reached whoever wants it (or was parked) and nothing more follows. */
  settled(): Promise<void> {
    return this.#quiet.reached();
  }

  /** From now on the service does not bring bindings back: a later version of it has been here. @returns ends that */
  async keepUnbound(name: ServiceName): Promise<() => Promise<void>> {
    const digest = randomUUID();
    const database = this.database(name);
    await database.query("insert into queue_declarations (digest, bindings) values ($1, '[]')", [digest]);
    return async () => {
      await database.query('delete from queue_declarations where digest = $1', [digest]);
    };
  }

  /** Until it is bound again, no event of this type reaches the service. @returns binds it again */
  async unbind(name: ServiceName, type: string): Promise<() => Promise<void>> {
    const binding = `/bindings/{vhost}/e/${exchangeOf(type)}/q/${name}-service`;
    const letBind = await this.keepUnbound(name);
    await this.vhost.api(`${binding}/${type}`, { method: 'DELETE' });
    return async () => {
      await this.vhost.api(binding, { method: 'POST', body: { routing_key: type } });
      await letBind();
    };
  }

  /** This event will not reach everybody: its queue is gone. */
  lose(event: CloudEvent): void {
    this.#quiet.giveUp(event);
  }

  /** What the services say differently about an order that has ended, right now. */
  async differences(id: string) {
    const sagas = sagasOf(await readSnapshot(askOf((name) => this.database(name))));
    return sagas.filter(({ orderId }) => orderId === id).flatMap(endedSaga);
  }

  /** What is wrong with the shop as a whole, once nothing moves any more; empty when all is well. */
  async invariants(): Promise<string[]> {
    await this.settled();
    return violations(this.spy.all, this.placed, shelves, (name) => this.database(name));
  }

  async close(): Promise<void> {
    for (const gate of Object.values(this.gates)) gate.open();
    await Promise.all([...this.#services.values(), ...this.#replicas].map((service) => service.stop()));
    await this.spy.close();
    await Promise.all([...this.#databases.values()].map(({ client }) => client.end()));
    await Promise.all([...this.#databases.values()].map(({ fresh }) => fresh.drop()));
    await this.vhost.drop();
  }
}

async function openDatabase(name: ServiceName): Promise<[ServiceName, Database]> {
  const fresh = await freshDatabase();
  const client = new Client({ connectionString: fresh.url });
  await client.connect();
  return [name, { fresh, client }];
}

interface Database {
  readonly fresh: FreshDatabase;
  readonly client: Client;
}

export const openShop = (env?: NodeJS.ProcessEnv): Promise<Shop> => Shop.open(startHere, env);
