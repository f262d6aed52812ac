import {
  type Accepted,
  type Implementation,
  leadsOn,
  Permanent,
  type Refused,
  type ReplyOf,
  refused,
  type StepDeclaration,
} from '../choreography/index.js';
import { type EventContract, validator } from '../events/index.js';
import { BatchRunner, type BoundStep, type Work, type WorkResult } from './batch.js';
import { decode } from './decode.js';
import { messageOf, Unavailable } from './errors.js';
import { type AwaitedBy, MicroBatcher } from './micro-batch.js';
import type { Observer } from './observer.js';
import type { Clock, Delivery, NewId, Publisher, Store } from './ports.js';
import { Relay } from './relay.js';
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
  /** Longest wait for more messages before a batch begins, when many arrive or nobody waits; milliseconds, 0 never waits. */
  readonly linger?: number;
  /** Deliveries that the broker hands out at most before one is settled. */
  readonly prefetch: number;
  /** How long an effect may take before it counts as failed, in milliseconds; it is then tried again with the same key. */
  readonly effectTimeout?: number;
  /** Commands that may wait at most; more are turned away. */
  readonly commandLimit: number;
  /** Keep a history of every event consumed and emitted. */
  readonly history: boolean;
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

/** An event as it came, read and checked. */
type Received = NonNullable<Work['event']>;

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
  /** Messages that are not settled yet. */
  #inHand = 0;
  /** Effects under way. */
  #effects = 0;
  #emptied: (() => void) | undefined;
  #stopping = false;

  constructor(implementation: I, options: PipelineOptions) {
    this.#options = options;
    this.relay = new Relay(options);
    this.#runner = new BatchRunner({
      ...options,
      service: implementation.choreography.service,
      relay: this.relay,
      takeAwaitedByClients: () => this.#batcher.takeBack(({ bound }) => bound.awaitedBy === 'client'),
    });
    // Sagas under way before new ones: under too much load it is the clients that wait, rather than thousands of messages.
    const run = (works: readonly Work[]) => this.#runner.run(works);
    this.#batcher = new MicroBatcher(run, options.batchLimit, lingerOf(options), ({ bound }) => bound.awaitedBy);
    const bound = this.#bind(implementation);
    this.#timers = new Timers(bound, { ...options, every: options.timersEvery, push: (work) => this.#batcher.push(work) });
  }

  /** Begins to sweep the outbox and to fire timers. Events come through `deliver`, commands through `execute`. */
  start(): void {
    this.relay.start();
    this.#timers.start();
  }

  /** Takes one message from the broker. Never throws; the delivery is settled when all its events have been dealt with. */
  deliver(delivery: Delivery): void {
    const since = performance.now();
    const decoded = decode(delivery.body, delivery.batched, this.#contracts);
    let open = decoded.length;
    let trouble: unknown;
    this.#inHand++;
    const settled = (error?: unknown) => {
      trouble ??= error;
      if (--open > 0) return;
      if (--this.#inHand === 0) this.#emptied?.();
      if (trouble === undefined) return delivery.ack();
      this.#options.observer.trouble('a message could not be settled and goes back to its queue', trouble);
      delivery.requeue();
    };
    for (const each of decoded) {
      if (each.ok) this.#handle(each, delivery, since, settled);
      else this.#parkUndecodable(each.body, each.error.message, delivery).then(settled, settled);
    }
    this.#hurryIfFull();
  }

  /** With a full window nothing more comes until something is settled, but for what effects still under way lead to. */
  #hurryIfFull(): void {
    if (this.#inHand >= this.#options.prefetch && this.#effects === 0) this.#batcher.hurry();
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
    if (this.#runner.away !== undefined) throw this.#runner.away;
    if (this.#stopping || this.#batcher.waiting >= this.#options.commandLimit)
      throw new Unavailable('Too many requests are waiting');
    const since = performance.now();
    const { requestId: id, subject, idempotencyKey, tenantid = 'default', traceparent } = context;
    const message = { id, subject, data, idempotencyKey };
    const cause = { id, tenantid, traceparent };
    const { bound } = command;
    const result = await new Promise<WorkResult>((settle) => {
      this.#batcher.push({ bound, message, cause, outcome: undefined, settle });
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
    if (this.#inHand > 0) await this.#whenEmptied();
    await this.#batcher.whenIdle();
    await this.relay.stop();
  }

  #whenEmptied(): Promise<void> {
    return new Promise((resolve) => {
      this.#emptied = resolve;
    });
  }

  #bind({ choreography, steps }: Implementation): BoundStep[] {
    return Object.entries(choreography.steps).map(([name, declared]) => {
      const step = steps[name];
      if (step === undefined) throw new TypeError(`${choreography.service}: step "${name}" is declared but not written`);
      const emits = new Map(declared.emits.map((contract) => [contract.type, contract]));
      const bound = { name, step, emits, awaitedBy: awaitedBy(declared) };
      if ('command' in declared) this.#commands.set(name, { bound, check: validator(declared.command.schema) });
      if ('on' in declared) for (const contract of declared.on) this.#listen(contract, bound);
      return bound;
    });
  }

  #listen(contract: EventContract, bound: BoundStep): void {
    this.#contracts.set(contract.type, contract);
    this.#listeners.set(contract.type, [...(this.#listeners.get(contract.type) ?? []), bound]);
  }

  async #parkUndecodable(body: Buffer | string, reason: string, delivery: Delivery): Promise<void> {
    this.#options.observer.undecodable(reason);
    await delivery.park(body, reason);
  }

  /** Every step that listens gets the event. No promises where nothing is waited for: this runs for every event. */
  #handle(message: Received, delivery: Delivery, since: number, settled: (error?: unknown) => void): void {
    const listeners = this.#listeners.get(message.event.type) ?? [];
    const failures: unknown[] = [];
    let open = listeners.length;
    for (const bound of listeners) {
      this.#work(bound, message, (result) => {
        if (result.kind === 'failed') failures.push(result.error);
        else this.#options.observer.handled(bound.name, message.event, result.kind, since);
        if (--open > 0) return;
        if (failures.length === 0) settled();
        else this.#putAside(message, failures, delivery, since).then(settled, settled);
      });
    }
  }

  /** Puts an event that failed aside, once: the inbox keeps the steps that succeeded from doing it twice. */
  async #putAside({ event, body }: Received, failures: readonly unknown[], delivery: Delivery, since: number): Promise<void> {
    // Nothing is wrong with the event when the database is away at shutdown: it goes back as it came.
    if (failures.every((error) => error instanceof Unavailable)) throw failures[0];
    const again = delivery.attempt < this.#options.retries && !failures.some((error) => error instanceof Permanent);
    const reason = failures.map(messageOf).join('; ');
    const step = (this.#listeners.get(event.type) ?? []).map(({ name }) => name).join('+');
    this.#options.observer.handled(step, event, again ? 'retried' : 'parked', since, reason);
    await (again ? delivery.retry(body, reason) : delivery.park(body, reason));
  }

  #work(bound: BoundStep, received: Received, settle: (result: WorkResult) => void): void {
    const { id, tenantid, correlationid, traceparent } = received.event;
    const cause = { id, tenantid: tenantid ?? 'default', correlationid, traceparent };
    const decide = (outcome: unknown) => {
      this.#batcher.push({ bound, message: received.event, cause, outcome, event: received, settle });
      this.#hurryIfFull();
    };
    if (bound.step.effect === undefined) decide(undefined);
    else this.#effect(bound, received.event).then(decide, (error: unknown) => settle({ kind: 'failed', error }));
  }

  /** Async, so that an effect that throws before it has a promise fails like one that rejects. */
  async #effect({ step, name }: BoundStep, event: Received['event']): Promise<unknown> {
    this.#effects++;
    try {
      return await this.#inTime(name, step.effect?.(event, `${name}:${event.id}`));
    } catch (error) {
      // An outside that is away is no reason to hand the event back at once: it waits its turn like any other failure.
      throw error instanceof Unavailable ? new Error(error.message) : error;
    } finally {
      this.#effects--;
    }
  }

  /** An outside that never answers must not hold its delivery, and with it a place in the prefetch window, for ever. */
  #inTime(name: string, answer: Promise<unknown> | undefined): Promise<unknown> | undefined {
    const { clock, effectTimeout } = this.#options;
    if (effectTimeout === undefined || answer === undefined) return answer;
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`The effect of "${name}" did not answer within ${effectTimeout} ms`));
      const cancel = clock.after(effectTimeout, late);
      answer.then(resolve, reject).finally(cancel);
    });
  }
}

function awaitedBy(declared: StepDeclaration): AwaitedBy {
  if (!('on' in declared)) return 'client';
  return leadsOn(declared) ? 'saga' : 'nobody';
}

function lingerOf({ clock, linger = 0 }: PipelineOptions) {
  return linger === 0 ? undefined : { clock, milliseconds: linger };
}
