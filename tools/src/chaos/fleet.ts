import { samplesOf, sumOf } from '@quickstep/shared/telemetry';
import { freePort } from '../provision/ports.js';
import { type Service, sagaServices, serviceNamed, services, specOf, startingOrder } from '../services.js';
import { type SupervisedService, supervise } from '../supervisor.js';
import { tryFetch } from '../wait.js';

export interface FleetOptions {
  /** Data, logs and process records. */
  readonly directory: string;
  readonly installationSecretFile: string;
  /** What a service is given to reach its servers, and whatever else it is set to. */
  envOf(service: string): NodeJS.ProcessEnv;
  /** Of each service. */
  readonly replicas: number;
  readonly signal: AbortSignal;
  tell(text: string): void;
}

export interface Start {
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** The checkout whose services run; this one unless given. */
  readonly from?: string | undefined;
}

/** The services' processes. */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #running = new Map<string, SupervisedService[]>();
  #started = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** Of the services that take part in the saga. */
  get names(): readonly string[] {
    return sagaServices.map(({ name }) => name);
  }

  /** Of these and the operations service. */
  get members(): readonly string[] {
    return services.map(({ name }) => name);
  }

  async start(choice: Start = {}): Promise<void> {
    const { replicas } = this.#options;
    for (const wave of startingOrder) {
      const each = wave.flatMap((service) => Array.from({ length: replicas }, () => service));
      await Promise.all(each.map((service) => this.#launch(service, choice)));
    }
  }

  /** One more process of a service. */
  add(name: string, choice: Start = {}): Promise<SupervisedService> {
    return this.#launch(serviceNamed(name), choice);
  }

  all(name: string): readonly SupervisedService[] {
    return this.#running.get(name) ?? [];
  }

  /** The process of a service that has been running longest. */
  one(name: string): SupervisedService {
    const [first] = this.all(name);
    if (first === undefined) throw new Error(`${name} does not run`);
    return first;
  }

  /** Ends a process as an operator does, and forgets it. */
  async end(process: SupervisedService): Promise<void> {
    for (const [name, running] of this.#running) {
      this.#running.set(
        name,
        running.filter((each) => each !== process),
      );
    }
    await process.stop();
  }

  /** The sum over a service's processes of a metric's values with these labels; a process that is away counts nothing. */
  async metric(name: string, metric: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const texts = await Promise.all(
      this.all(name).map(async ({ url }) => (await (await tryFetch(`${url}/metrics`))?.text().catch(() => '')) ?? ''),
    );
    return sumOf(texts.flatMap(samplesOf), metric, labels) ?? 0;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running.values()].flat().map((each) => each.stop()));
  }

  async #launch(service: Service, { env, from }: Start): Promise<SupervisedService> {
    const { directory, installationSecretFile, envOf, signal, tell } = this.#options;
    const spec = specOf({
      service,
      // Every service gets URLs of its own below.
      servers: { rabbitmqUrl: 'amqp://unused', postgresUrl: 'postgres://unused', installationSecretFile },
      directory,
      port: await freePort(),
      env: { ...envOf(service.name), ...env },
      ...(from === undefined ? {} : { from }),
    });
    const number = ++this.#started;
    const name = `${service.name}-${number}`;
    const process = supervise({ ...spec, name, logFile: spec.logFile.replace(/[^/]+$/, `${name}.log`) }, tell);
    this.#running.set(service.name, [...this.all(service.name), process]);
    await process.ready(signal);
    return process;
  }
}
