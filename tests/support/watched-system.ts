import { withClient } from '@quickstep/shared/db';
import { type FreshDatabase, freshDatabase, freshVhost, testEnvironment, type Vhost } from '@quickstep/shared/testing';
import { services } from '@quickstep/system';
import { connect } from 'amqplib';
import { freePort } from '../../tools/src/provision/ports.js';
import { CutProxy } from './cut-proxy.js';
import { secretFile } from './operations.js';
import { type Running, type ServiceName, serviceNames, startHere } from './services.js';
import { until } from './until.js';
import { WatchedOperations } from './watched-operations.js';

const order = {
  customerId: 'customer-1',
  items: [{ sku: 'SKU-1', quantity: 1 }],
  paymentMethod: 'pm_card_ok',
  shippingAddress: { name: 'Ada', line1: '1 Main St', city: 'London', postalCode: 'N1', country: 'GB' },
};

/**
 * The services on ports that stay, and the operations service, with nobody else at the broker, as whoever listens to all events makes each of
 * them routable. The broker of order and the database of payment can be taken away.
 */
export class WatchedSystem {
  readonly vhost: Vhost;
  readonly #databases: ReadonlyMap<ServiceName, FreshDatabase>;
  readonly #ports: ReadonlyMap<ServiceName, number>;
  readonly #urls = new Map<ServiceName, { broker: string; database: string }>();
  readonly #running = new Map<ServiceName, Running>();
  readonly #proxies = new Map<'broker' | 'database', CutProxy>();
  readonly #secret = secretFile();
  #operations: WatchedOperations | undefined;

  private constructor(vhost: Vhost, databases: ReadonlyMap<ServiceName, FreshDatabase>, ports: ReadonlyMap<ServiceName, number>) {
    this.vhost = vhost;
    this.#databases = databases;
    this.#ports = ports;
  }

  static async open(): Promise<WatchedSystem> {
    const vhost = await freshVhost();
    const databases = new Map(await Promise.all(serviceNames.map(async (name) => [name, await freshDatabase()] as const)));
    const ports = new Map(await Promise.all(serviceNames.map(async (name) => [name, await freePort()] as const)));
    const system = new WatchedSystem(vhost, databases, ports);
    await system.#connect();
    await system.#openOperations();
    // Order begins the sagas: the queues of all others must be there before.
    await Promise.all(serviceNames.filter((name) => name !== 'order').map((name) => system.start(name)));
    await system.start('order');
    await system.#fill();
    return system;
  }

  /** `host:port` of the services. */
  get targets(): string[] {
    return [...this.#ports.values()].map((port) => `127.0.0.1:${port}`);
  }

  get operations(): WatchedOperations {
    if (this.#operations === undefined) throw new Error('The operations service has not been started');
    return this.#operations;
  }

  async start(name: ServiceName, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const { broker = '', database = '' } = this.#urls.get(name) ?? {};
    const PORT = String(this.#ports.get(name));
    // Their errors are what is tested here.
    const quiet = { ...testEnvironment(broker, database), PORT, LOG_LEVEL: 'error', ...this.#secret.env };
    this.#running.set(name, await startHere(name, { ...quiet, ...env }));
  }

  async stop(name: ServiceName): Promise<void> {
    await this.#running.get(name)?.stop();
    this.#running.delete(name);
  }

  proxy(of: 'broker' | 'database'): CutProxy {
    const proxy = this.#proxies.get(of);
    if (proxy === undefined) throw new Error(`There is no proxy before the ${of}`);
    return proxy;
  }

  async place(changes: Partial<typeof order> = {}): Promise<string> {
    const answer = await this.#ask('order', '/orders', 'POST', { ...order, ...changes });
    if (answer.status !== 202) throw new Error(`The order was answered ${answer.status}: ${await answer.text()}`);
    const { id }: { id: string } = JSON.parse(await answer.text());
    return id;
  }

  async isIn(id: string, ...statuses: readonly string[]): Promise<void> {
    let status = '';
    await until(
      async () => {
        ({ status } = JSON.parse(await (await this.#ask('order', `/orders/${id}`)).text()));
        return statuses.includes(status) || undefined;
      },
      () => `Order ${id} is ${status}, not ${statuses.join(' or ')}`,
    );
  }

  /** Brings the order's deadline forward to this moment, and waits until it has been seen. */
  async expire(id: string): Promise<void> {
    await this.#query("update orders set deadline_at = now() - interval '1 second' where order_id = $1", [id]);
    await until(
      async () => (await this.#query('select from orders where order_id = $1 and deadline_at > now()', [id])) || undefined,
      () => `The deadline of ${id} was not seen`,
    );
  }

  async publish(exchange: string, routingKey: string, body: string): Promise<void> {
    const connection = await connect(this.vhost.url, { noDelay: true });
    const channel = await connection.createConfirmChannel();
    channel.publish(exchange, routingKey, Buffer.from(body));
    await channel.waitForConfirms();
    await connection.close();
  }

  async metrics(name: ServiceName): Promise<string> {
    return (await this.#ask(name, '/metrics')).text();
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies.values()) proxy.mend();
    await this.#operations?.close();
    await Promise.all([...this.#running.values()].map((service) => service.stop()));
    for (const proxy of this.#proxies.values()) proxy.close();
    await Promise.all([...this.#databases.values()].map((database) => database.drop()));
    await this.vhost.drop();
    this.#secret.remove();
  }

  async #connect(): Promise<void> {
    for (const [name, { url }] of this.#databases) this.#urls.set(name, { broker: this.vhost.url, database: url });
    const broker = await CutProxy.before(this.vhost.url);
    const database = await CutProxy.before(this.#databases.get('payment')?.url ?? '');
    this.#proxies.set('broker', broker.proxy).set('database', database.proxy);
    this.#urls.set('order', { broker: broker.url, database: this.#databases.get('order')?.url ?? '' });
    this.#urls.set('payment', { broker: this.vhost.url, database: database.url });
  }

  async #openOperations(): Promise<void> {
    const urls = new Map(
      [...this.#ports].map(([name, port]) => [services[name].choreography.service, `http://127.0.0.1:${port}`] as const),
    );
    this.#operations = await WatchedOperations.open({ broker: this.vhost.url, urls, env: this.#secret.env });
  }

  async #fill(): Promise<void> {
    for (const [sku, onHand] of [['SKU-1', 1_000] as const, ['SKU-RARE', 0] as const]) {
      await this.#ask('inventory', `/inventory/${sku}`, 'PUT', { name: sku, unitPrice: 1_000, currency: 'EUR', onHand });
    }
    const known = () => this.#query('select from catalogue_items having count(*) = 2', []);
    await until(
      async () => (await known()) || undefined,
      () => 'The catalogue did not reach the order service',
    );
  }

  /** On the database of the order service. @returns how many rows there are */
  async #query(text: string, values: readonly string[]): Promise<number> {
    const url = this.#databases.get('order')?.url ?? '';
    return (await withClient(url, (client) => client.query(text, [...values]))).rowCount ?? 0;
  }

  #ask(name: ServiceName, path: string, method = 'GET', body?: unknown): Promise<Response> {
    const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    return fetch(`http://127.0.0.1:${this.#ports.get(name)}${path}`, { method, ...content });
  }
}
