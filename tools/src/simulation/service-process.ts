import type { Implementation } from '@quickstep/shared/choreography';
import { Pipeline } from '@quickstep/shared/pipeline';
import { stepsFor } from './coverage.js';
import type { Environment } from './environment.js';
import type { Message } from './messages.js';
import { implementationOf } from './services.js';
import type { Settings } from './settings.js';
import type { SimulatedBroker, SimulatedQueue } from './simulated-broker.js';
import type { SimulatedDatabase, Transaction } from './simulated-database.js';
import type { SimulatedProviders } from './simulated-providers.js';
import { storeFor } from './simulated-store.js';
import type { Tampering } from './tampering.js';
import { StepsAtWork, watched } from './watched-steps.js';

export interface Deployment {
  readonly service: string;
  readonly database: SimulatedDatabase;
  readonly queue: SimulatedQueue;
  readonly broker: SimulatedBroker;
  readonly providers: SimulatedProviders;
  readonly replicas: number;
  readonly settings: Settings;
  readonly tampering: Tampering;
}

/** One life of a replica: the production pipeline over simulated ports. What it has in memory dies with it. */
export class ServiceProcess {
  alive = true;
  consuming = true;
  /** Its database is away. */
  paused = false;
  /** Counts the channels it has had: a delivery of an older one cannot be settled any more. */
  channel = 0;
  /** Deliveries in its hands. */
  readonly unsettled = new Set<Message>();
  readonly transactions = new Set<Transaction>();
  readonly atWork = new StepsAtWork();
  /** Requests of clients that wait for an answer; called when it dies. */
  readonly requests = new Set<() => void>();
  /** Events that it has seen confirmed. */
  readonly confirmed = new Set<string>();
  /** What waits inside for the next batch, in order: part of the world's state. */
  readonly backlog: string[] = [];
  readonly pipeline: Pipeline<Implementation>;
  readonly name: string;
  readonly replica: number;
  readonly #deployment: Deployment;
  readonly #environment: Environment;

  constructor(deployment: Deployment, replica: number, environment: Environment) {
    this.#deployment = deployment;
    this.#environment = environment;
    this.replica = replica;
    this.name = replica === 0 ? deployment.service : `${deployment.service} ${replica + 1}`;
    this.pipeline = this.#build();
    this.pipeline.start();
  }

  get service(): string {
    return this.#deployment.service;
  }

  get queue(): SimulatedQueue {
    return this.#deployment.queue;
  }

  get batchLimit(): number {
    return this.#deployment.settings.batchLimit;
  }

  /** Nobody else works on its database: there is nobody to wait for. */
  get alone(): boolean {
    return this.#deployment.replicas === 1;
  }

  get wantsMore(): boolean {
    return this.alive && this.consuming && !this.paused && this.unsettled.size < this.#deployment.settings.prefetch;
  }

  deliver(message: Message): void {
    const { broker, tampering } = this.#deployment;
    this.unsettled.add(message);
    for (const { id } of message.events) this.backlog.push(id);
    this.pipeline.deliver(tampering.delivery(broker.deliveryOf(message, this)));
  }

  /** The steps whose turn it is: those of the deliveries in its hands and of the calls that it waits for. */
  get busySteps(): string[] {
    const delivered = [...this.unsettled].flatMap((message) => stepsFor(this.service, message));
    const calling = this.#environment.calls.pending.flatMap(({ process, steps }) => (process === this ? steps : []));
    return [...new Set([...delivered, ...calling])];
  }

  /** Dies at once. Says how many unsettled deliveries go back to the queue. */
  die(): number {
    this.alive = false;
    this.#environment.calls.abandon(this);
    this.#environment.time.forget(this);
    for (const transaction of this.transactions) this.#deployment.database.release(transaction);
    const returned = this.#deployment.broker.takeBack(this);
    for (const lost of this.requests) lost();
    return returned;
  }

  #build(): Pipeline<Implementation> {
    const { service, database, broker, providers, tampering, settings } = this.#deployment;
    const { time, faults, ledger, newId } = this.#environment;
    const implementation = implementationOf(service, tampering.providers(providers.for(this), newId), settings.orderDeadline);
    return new Pipeline(watched(tampering.steps(implementation), this.atWork, faults), {
      ...settings,
      store: tampering.store(storeFor(this, database, this.#environment)),
      publisher: tampering.publisher(broker.publisherFor(this)),
      clock: {
        now: () => time.now(),
        elapsed: () => time.elapsed,
        after: (milliseconds, action) => time.after(milliseconds, this, this.name, action),
      },
      newId,
      observer: ledger.observerOf(service),
      effectConcurrency: settings.effectConcurrency,
      intake: {
        pause: () => {
          this.paused = true;
        },
        resume: () => {
          this.paused = false;
        },
      },
      effectBreaker: { calls: settings.breakerCalls, probeAfter: settings.breakerProbe },
    });
  }
}
