import { type CloudEvent, type EventContract, validator } from '../contracts/index.js';
import { BatchRunner, type BoundStep, type Work, type WorkResult } from './batch.js';
import { decode } from './decode.js';
import { messageOf, Permanent, Unavailable } from './errors.js';
import { MicroBatcher } from './micro-batch.js';
import type { Observer } from './observer.js';
import type { Clock, Delivery, NewId, Publisher, Store } from './ports.js';
import { Relay } from './relay.js';
import { type Accepted, type Implementation, type Refused, type ReplyOf, refused } from './step.js';
import { Timers } from './timers.js';

export interface PipelineOptions {
  readonly store: Store;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly observer: Observer;
  /** How often a failed event is tried again before it is parked. */
  readonly retries: number;
  /** Messages in one transaction at most. */
  readonly batchLimit: number;
  /** Wait for more messages before a batch begins, when many arrive; milliseconds, 0 never waits. */
  readonly linger?: number;
  /** Commands that may wait at most; more are turned away. */
  readonly commandLimit: number;
  /** Keep a history of every event consumed and emitted. */
  readonly journal: boolean;
  readonly sweepEvery: number;
  readonly sweepAfter: number;
  readonly timersEvery: number;
}

/** What came with a command besides its data. */
export interface CommandContext {
  /** Becomes the cause of the events. */
  readonly requestId: string;
  /** What the command is about: the id in the path, or the one made for the new thing. */
  readonly subject: string;
  readonly idempotencyKey?: string | undefined;
  readonly tenantid?: string;
  readonly traceparent?: string | undefined;
}

type CommandNames<Steps> = { [Name in keyof Steps]: [ReplyOf<Steps[Name]>] extends [never] ? never : Name }[keyof Steps] & string;

interface Command {
  readonly bound: BoundStep;
  readonly check: ReturnType<typeof validator>;
}

/** The path of every message of a service, event or command: validated, decided in a batch, committed, published, settled. */
export class Pipeline<I extends Implementation = Implementation> {
  readonly #options: PipelineOptions;
  readonly #contracts = new Map<string, EventContract>();
  readonly #listeners = new Map<string, BoundStep[]>();
  readonly #commands = new Map<string, Command>();
  readonly #runner: BatchRunner;
  readonly #batcher: MicroBatcher<Work>;
  readonly #timers: Timers;
  readonly relay: Relay;
  #effects = 0;
  #stopping = false;

  constructor(implementation: I, options: PipelineOptions) {
    this.#options = options;
    this.relay = new Relay(options);
    this.#runner = new BatchRunner({ ...options, service: implementation.choreography.service, relay: this.relay });
    this.#batcher = new MicroBatcher((works) => this.#runner.run(works), options.batchLimit, lingerOf(options));
    const bound = this.#bind(implementation);
    this.#timers = new Timers(bound, { ...options, every: options.timersEvery, push: (work) => this.#batcher.push(work) });
  }

  /** Begins to sweep the outbox and to fire timers. Events come through `deliver`, commands through `execute`. */
  start(): void {
    this.relay.start();
    this.#timers.start();
  }

  /** Takes one message from the broker. Never throws; the delivery is settled when its events have been dealt with. */
  deliver(delivery: Delivery): void {
    const since = performance.now();
    const decoded = decode(delivery.body, delivery.batched, this.#contracts);
    const settled = decoded.map(async (each) => {
      if (each.ok) return this.#handle(each, delivery, since);
      this.#options.observer.undecodable(each.error.message);
      await delivery.park(each.body, each.error.message);
    });
    Promise.all(settled).then(
      () => delivery.ack(),
      (error) => {
        this.#options.observer.trouble('a message could not be settled and goes back to its queue', error);
        delivery.requeue();
      },
    );
  }

  /**
   * Carries out a command.
   *
   * @throws Unavailable when the database is away or too many commands wait already; any other error is a bug in the step
   */
  async execute<Name extends CommandNames<I['steps']>>(
    name: Name,
    data: unknown,
    context: CommandContext,
  ): Promise<Accepted<ReplyOf<I['steps'][Name]>, never> | Refused>;
  async execute(name: string, data: unknown, context: CommandContext): Promise<Accepted<unknown, never> | Refused> {
    const command = this.#commands.get(name);
    if (command === undefined) throw new TypeError(`There is no command "${name}"`);
    const errors = command.check(data);
    if (errors.length > 0) return refused('invalid', 'invalid_request', 'The request has wrong fields', errors);
    if (this.#stopping || this.#batcher.waiting >= this.#options.commandLimit)
      throw new Unavailable('Too many requests are waiting');
    const since = performance.now();
    const { requestId: id, subject, idempotencyKey, tenantid = 'default', traceparent } = context;
    const message = { id, subject, data, idempotencyKey };
    const cause = { id, tenantid, traceparent };
    const { bound } = command;
    const result = await new Promise<WorkResult>((settle) => {
      this.#batcher.push({ bound, message, cause, outcome: undefined, impatient: true, settle });
    });
    if (result.kind === 'failed') throw result.error;
    this.#options.observer.handled(name, message, result.kind, since);
    if (result.kind === 'refused') return result.refusal;
    return { accepted: true, reply: result.kind === 'done' ? result.reply : undefined, events: [] };
  }

  /** Finishes what has arrived, publishes what is committed, and stops. Call it after the consumer has stopped. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#runner.stop();
    await this.#timers.stop();
    while (this.#effects > 0 || this.#batcher.waiting > 0) await this.#idle();
    await this.#batcher.whenIdle();
    await this.relay.stop();
  }

  #idle(): Promise<void> {
    return this.#batcher.waiting > 0 ? this.#batcher.whenIdle() : new Promise((resolve) => this.#options.clock.after(5, resolve));
  }

  #bind({ choreography, steps }: Implementation): BoundStep[] {
    return Object.entries(choreography.steps).map(([name, declared]) => {
      const step = steps[name];
      if (step === undefined) throw new TypeError(`${choreography.service}: step "${name}" is declared but not written`);
      const bound = { name, step, emits: new Map(declared.emits.map((contract) => [contract.type, contract])) };
      if ('command' in declared) this.#commands.set(name, { bound, check: validator(declared.command.schema) });
      if ('on' in declared) for (const contract of declared.on) this.#listen(contract, bound);
      return bound;
    });
  }

  #listen(contract: EventContract, bound: BoundStep): void {
    this.#contracts.set(contract.type, contract);
    this.#listeners.set(contract.type, [...(this.#listeners.get(contract.type) ?? []), bound]);
  }

  /** Every step that listens gets the event; what failed is put aside once, as the inbox keeps the others from doing it twice. */
  async #handle(message: { event: CloudEvent; body: string }, delivery: Delivery, since: number): Promise<void> {
    const listeners = this.#listeners.get(message.event.type) ?? [];
    const results = await Promise.all(listeners.map((bound) => this.#work(bound, message)));
    const failures = results.flatMap((result) => (result.kind === 'failed' ? [result.error] : []));
    const again =
      failures.length > 0 && delivery.attempt < this.#options.retries && !failures.some((error) => error instanceof Permanent);
    results.forEach((result, index) => {
      const failedAs = again ? 'retried' : 'parked';
      const name = listeners[index]?.name ?? '';
      if (result.kind === 'failed') this.#options.observer.handled(name, message.event, failedAs, since, messageOf(result.error));
      else this.#options.observer.handled(name, message.event, result.kind, since);
    });
    if (failures.length === 0) return;
    // Nothing is wrong with the event when the database is away at shutdown: it goes back as it came.
    if (failures.every((error) => error instanceof Unavailable)) throw failures[0];
    const reason = failures.map(messageOf).join('; ');
    await (again ? delivery.retry(message.body, reason) : delivery.park(message.body, reason));
  }

  async #work(bound: BoundStep, { event, body }: { event: CloudEvent; body: string }): Promise<WorkResult> {
    const { id, tenantid, correlationid, traceparent } = event;
    let outcome: unknown;
    try {
      outcome = await this.#effect(bound, event);
    } catch (error) {
      // An outside that is away is no reason to hand the event back at once: it waits its turn like any other failure.
      return { kind: 'failed', error: error instanceof Unavailable ? new Error(error.message) : error };
    }
    return new Promise((settle) => {
      const cause = { id, tenantid: tenantid ?? 'default', correlationid, traceparent };
      this.#batcher.push({ bound, message: event, cause, outcome, event: { event, body }, impatient: false, settle });
    });
  }

  async #effect(bound: BoundStep, event: CloudEvent): Promise<unknown> {
    if (bound.step.effect === undefined) return undefined;
    this.#effects++;
    try {
      return await bound.step.effect(event, `${bound.name}:${event.id}`);
    } finally {
      this.#effects--;
    }
  }
}

function lingerOf({ clock, linger = 0 }: PipelineOptions) {
  return linger === 0 ? undefined : { clock, milliseconds: linger };
}
