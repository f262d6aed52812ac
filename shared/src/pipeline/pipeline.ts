import {
  type Accepted,
  type Expected,
  emittedBy,
  type Implementation,
  type Outcome,
  type ReplyOf,
  type Retry,
} from '../choreography/index.js';
import { type BoundSteps, bindSteps } from './bound-step.js';
import type { BreakerOptions } from './breaker.js';
import { type EffectStatus, Effects, effectOf } from './effects.js';
import { Unavailable } from './errors.js';
import { InFlight } from './in-flight.js';
import { type Intake, IntakeGate } from './intake.js';
import { MicroBatcher } from './micro-batch.js';
import type { Observer } from './observer.js';
import type { Clock, Delivery, NewId, Publisher, Store } from './ports.js';
import { sideBySide } from './side-by-side.js';
import { BatchRunner } from './stages/batch.js';
import { effectStage } from './stages/effect.js';
import { knownStage } from './stages/known.js';
import { Relay } from './stages/publish.js';
import { receiveStage } from './stages/receive.js';
import { traceStage } from './stages/trace.js';
import { upcastStage } from './stages/upcast.js';
import { Timers } from './timers.js';
import type { Refusal, Tracing, Work, WorkResult } from './work.js';

export interface PipelineOptions {
  readonly store: Store;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly observer: Observer;
  /** Without it nothing is traced, at no cost. */
  readonly tracing?: Tracing | undefined;
  /** How long a failed event may wait before another attempt, in milliseconds, shortest first; what a step makes of it is its policy. */
  readonly retryDelays: readonly number[];
  /** Messages in one transaction at most. */
  readonly batchLimit: number;
  /** Longest wait for more messages before a batch begins, when many arrive or nobody waits; milliseconds, 0 never waits. */
  readonly linger?: number;
  /** Deliveries that the broker hands out at most before one is settled. */
  readonly prefetch: number;
  /** How long an effect may take before it counts as failed, in milliseconds; it is then tried again with the same key. */
  readonly effectTimeout: number;
  /** Calls of one effect that run at the same time, at most. */
  readonly effectConcurrency: number;
  /** When the outside world counts as away, and when it is asked again. */
  readonly effectBreaker: Pick<BreakerOptions, 'calls' | 'probeAfter'>;
  /** Where deliveries come from: it is paused while the database is away. */
  readonly intake?: Intake;
  /** Commands that may wait at most; more are turned away. */
  readonly commandLimit: number;
  readonly sweepEvery: number;
  readonly sweepAfter: number;
  readonly timersEvery: number;
}

/** What came with a command besides its data. */
export interface CommandContext {
  /**
   * Identifies the work: made by the server, the same only for a repetition under the same `Idempotency-Key`. Becomes the cause of the
   * events.
   */
  readonly id: string;
  /** What the client calls its request, if anything: for logs only. */
  readonly requestId?: string | undefined;
  /** What the command is about: the id in the path, or the one made for the new thing. */
  readonly subject: string;
  readonly idempotencyKey?: string | undefined;
  readonly expected?: Expected | undefined;
  readonly tenantid?: string;
  readonly traceparent?: string | undefined;
}

type CommandNames<Steps> = { [Name in keyof Steps]: [ReplyOf<Steps[Name]>] extends [never] ? never : Name }[keyof Steps] & string;

/** A command's answer, when it was carried out. */
export type Answered<Reply> = Pick<Accepted<Reply, Outcome>, 'accepted' | 'reply'>;

/**
 * The path of every message of a service: receive (decode, hand to each step) -> upcast -> trace -> known -> effect -> batch (claim, load, decide, write,
 * commit) -> publish and settle. Commands and timers join it at the trace. Each stage is a file in `stages/`.
 */
export class Pipeline<I extends Implementation = Implementation> {
  readonly #options: PipelineOptions;
  readonly #steps: BoundSteps;
  readonly #inFlight: InFlight;
  readonly #runner: BatchRunner;
  readonly #batcher: MicroBatcher<Work>;
  readonly #timers: Timers;
  readonly #effects: Effects;
  readonly #begin: (work: Work) => void;
  readonly #receive: (delivery: Delivery) => void;
  readonly relay: Relay;
  #stopping = false;

  constructor(implementation: I, options: PipelineOptions) {
    const { clock, observer, linger = 0 } = options;
    this.#options = options;
    this.#steps = bindSteps(implementation, options.retryDelays);
    this.#inFlight = new InFlight(options.prefetch);
    this.relay = new Relay({ ...options, publisher: sideBySide(options.publisher, emittedBy(implementation.choreography)) });
    const gate = new IntakeGate(options.intake ?? { pause: () => undefined, resume: () => undefined });
    this.#runner = new BatchRunner({
      ...options,
      gate,
      service: implementation.choreography.service,
      relay: this.relay,
      takeBack: (fits) => this.#batcher.takeBack(fits),
    });
    // Sagas under way before new ones: under too much load it is the clients that wait, rather than thousands of messages.
    this.#batcher = new MicroBatcher<Work>(
      (works) => this.#runner.run(works),
      options.batchLimit,
      linger === 0 ? undefined : { clock, milliseconds: linger },
      ({ awaitedBy }) => awaitedBy,
    );
    const effects = this.#steps.all.filter(({ step }) => step.effect !== undefined).map(effectOf);
    this.#effects = new Effects(
      {
        clock,
        timeout: options.effectTimeout,
        concurrency: options.effectConcurrency,
        breaker: options.effectBreaker,
        changed: (effect, state) => observer.breaker(effect, state),
      },
      effects,
    );
    const begin = effectStage(this.#effects, this.#inFlight, gate)((work) => this.#toBatch(work));
    const known = knownStage(options.store, this.#inFlight, observer)(begin);
    this.#begin = traceStage(options.tracing)(known);
    const upcast = upcastStage(this.#steps.contracts)(this.#begin);
    this.#receive = receiveStage(this.#steps, { observer, inFlight: this.#inFlight })(upcast);
    this.#timers = new Timers(this.#steps.all, { ...options, every: options.timersEvery, push: this.#begin });
  }

  /** Delivered and not settled yet. */
  get messagesInFlight(): number {
    return this.#inFlight.messages;
  }

  /** The parts of the outside world that its steps call. */
  get effects(): readonly EffectStatus[] {
    return this.#effects.status;
  }

  /** How each step that reacts to events is tried again. */
  get retries(): readonly { readonly step: string; readonly retry: Retry }[] {
    const reacting = this.#steps.all.filter(({ kind }) => kind === 'event' || kind === 'observer');
    return reacting.map(({ name, retry }) => ({ step: name, retry }));
  }

  /** Begins to sweep the outbox and to fire timers. Events come through `deliver`, commands through `execute`. */
  start(): void {
    this.relay.start();
    this.#timers.start();
  }

  /** Takes one message from the broker. Never throws; the delivery is settled when all its events have been dealt with. */
  deliver(delivery: Delivery): void {
    this.#receive(delivery);
  }

  /**
   * Carries out a command.
   *
   * @throws Unavailable when the database is away or too many commands wait already, OutcomeUnknown when it may have been carried out,
   * Busy when something it needs is locked; any other error is a bug in the step
   */
  async execute<Name extends CommandNames<I['steps']>>(
    name: Name,
    data: unknown,
    context: CommandContext,
  ): Promise<Answered<ReplyOf<I['steps'][Name]>> | Refusal>;
  async execute(name: string, data: unknown, context: CommandContext): Promise<Answered<unknown> | Refusal> {
    const command = this.#steps.commands.get(name);
    if (command === undefined) throw new TypeError(`There is no command "${name}"`);
    const errors = command.check(data);
    if (errors.length > 0) return invalid(errors);
    this.#refuseWhenFull();
    const since = performance.now();
    const { id, requestId, subject, idempotencyKey, expected, tenantid = 'default', traceparent } = context;
    const message = { id, subject, data, idempotencyKey, expected, requestId };
    const cause = { id, tenantid, traceparent };
    const result = await new Promise<WorkResult>((settle) => {
      this.#begin({ bound: command.bound, message, cause, awaitedBy: 'client', answer: undefined, settle });
    });
    if (result.kind === 'failed') throw result.error;
    this.#options.observer.handled({ step: name, message, result, since });
    if (result.kind === 'refused') return result.refusal;
    return { accepted: true, reply: result.kind === 'done' ? result.reply : undefined };
  }

  /** Finishes what has arrived, publishes what is committed, and stops. Call it after the consumer has stopped. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#runner.stop();
    await this.#timers.stop();
    await this.#inFlight.whenEmpty();
    await this.#batcher.whenIdle();
    await this.relay.stop();
  }

  #toBatch(work: Work): void {
    this.#batcher.push(work);
    this.#hurryIfFull();
  }

  #hurryIfFull(): void {
    if (this.#inFlight.full) this.#batcher.hurry();
  }

  #refuseWhenFull(): void {
    if (this.#runner.away !== undefined) throw this.#runner.away;
    if (this.#stopping || this.#batcher.waiting >= this.#options.commandLimit)
      throw new Unavailable('Too many requests are waiting');
  }
}

function invalid(errors: NonNullable<Refusal['errors']>): Refusal {
  return { accepted: false, kind: 'invalid', code: 'invalid_request', detail: 'The request has wrong fields', errors };
}
