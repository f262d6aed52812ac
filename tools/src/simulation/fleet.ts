import { choreographies } from '@quickstep/system';
import type { Environment } from './environment.js';
import type { Scenario } from './scenario.js';
import { ServiceProcess } from './service-process.js';
import type { SimulatedBroker } from './simulated-broker.js';
import { SimulatedDatabase } from './simulated-database.js';
import type { SimulatedProviders } from './simulated-providers.js';
import type { Tampering } from './tampering.js';

const DOWNTIME_MS = 1_500;
const CURRENCY = 'EUR';

/** The running processes of every service, each service with its one database. */
export class Fleet {
  readonly databases = new Map<string, SimulatedDatabase>();
  readonly #processes = new Map<string, ServiceProcess[]>();
  readonly #start: (service: string, replica: number) => ServiceProcess;
  readonly #environment: Environment;
  readonly #effectTimeout: number;

  constructor(
    scenario: Scenario,
    broker: SimulatedBroker,
    providers: SimulatedProviders,
    tampering: Tampering,
    environment: Environment,
  ) {
    const { replicas, settings } = scenario;
    this.#environment = environment;
    this.#effectTimeout = settings.effectTimeout;
    this.#start = (service, replica) => {
      const [database, queue] = [this.databases.get(service), broker.queues.get(service)];
      if (database === undefined || queue === undefined) throw new TypeError(`There is no service ${service}`);
      const deployment = {
        service,
        database,
        queue,
        broker,
        providers,
        replicas,
        settings,
        tampering,
      };
      return new ServiceProcess(deployment, replica, environment);
    };
    for (const { service } of choreographies) this.databases.set(service, new SimulatedDatabase(service));
    this.#stockUp(scenario);
    for (const { service } of choreographies) {
      this.#processes.set(
        service,
        Array.from({ length: replicas }, (_, replica) => this.#start(service, replica)),
      );
    }
  }

  /** The running processes of a service. */
  of(service: string): readonly ServiceProcess[] {
    return this.#processes.get(service) ?? [];
  }

  get all(): ServiceProcess[] {
    return [...this.#processes.values()].flat();
  }

  consumersOf(service: string): ServiceProcess[] {
    return this.of(service).filter((process) => process.wantsMore);
  }

  /** Ends a process at once; another takes its place, perhaps after a while. */
  crash(process: ServiceProcess): void {
    const { faults, trace } = this.#environment;
    trace.note(process.name, process.name, 'CRASHES');
    const idle = !this.#environment.calls.pending.some((call) => call.process === process);
    const steps = process.busySteps;
    faults.struck('crash', steps);
    const returned = process.die();
    if (returned > 0) faults.count('crash before ack', steps);
    if (returned === 0 && idle) faults.count('crash, nothing asked for');
    this.#replace(process, faults.strikes('long downtime', steps) ? DOWNTIME_MS : 0);
  }

  /** Tells a process to stop, and starts another when it has. */
  restart(process: ServiceProcess): void {
    const { trace, ledger } = this.#environment;
    trace.note(process.name, process.name, 'is told to stop');
    process.consuming = false;
    process.pipeline.stop().then(() => {
      const left = this.#environment.calls.awaitedBy(process, this.#effectTimeout);
      if (left !== undefined)
        ledger.violate('an orderly stop finishes its work', `${process.name} stopped with "${left.kind}" under way`);
      trace.note(process.name, process.name, 'has stopped');
      process.die();
      this.#replace(process, 0);
    });
  }

  isQuiet(): boolean {
    return this.all.every(({ unsettled, requests }) => unsettled.size === 0 && requests.size === 0);
  }

  ordersPlaced(): number {
    return this.databases.get('order-service')?.table('orders').size ?? 0;
  }

  /** How many are in the hands of its processes, or are not published yet. */
  get messages(): number {
    const unsettled = this.all.reduce((sum, process) => sum + process.unsettled.size, 0);
    const entries = [...this.databases.values()].flatMap(({ outbox }) => [...outbox.values()]);
    return entries.reduce((sum, { entry }) => sum + entry.events.length, unsettled);
  }

  /** What has not ended, in words. */
  left(): string[] {
    const outboxes = [...this.databases.values()].flatMap(({ service, outbox }) =>
      [...outbox.values()].map(({ entry }) => `outbox of ${service}: ${entry.events.map(({ event }) => event.type).join(', ')}`),
    );
    const unsettled = this.all.flatMap(({ name, unsettled }) =>
      unsettled.size === 0 ? [] : [`${name} has not settled ${unsettled.size} messages`],
    );
    return [...outboxes, ...unsettled];
  }

  #replace(dead: ServiceProcess, milliseconds: number): void {
    const processes = this.#processes.get(dead.service);
    if (processes === undefined) return;
    processes.splice(processes.indexOf(dead), 1);
    const start = () => void processes.push(this.#start(dead.service, dead.replica));
    if (milliseconds === 0) start();
    else this.#environment.time.after(milliseconds, this, `start ${dead.service}`, start);
  }

  /** The goods are there when the world begins, and the order service has heard of them. */
  #stockUp({ items }: Scenario): void {
    const stock = this.databases.get('inventory-service')?.table('stock_items');
    const catalogue = this.databases.get('order-service')?.table('catalogue_items');
    for (const { sku, unitPrice, onHand } of items) {
      const shown = { sku, name: `Item ${sku}`, unitPrice, currency: CURRENCY, revision: 1 };
      stock?.set(sku, { ...shown, available: onHand, reserved: 0, onHand });
      catalogue?.set(sku, shown);
    }
  }
}
