import { type Choreography, topologyOf } from '@quickstep/shared/choreography';
import { exchangeOf } from '@quickstep/shared/events';
import type { Delivery, Fate, OutgoingEvent, Publisher } from '@quickstep/shared/pipeline';
import { stepsFor, stepsOf } from './coverage.js';
import type { Environment } from './environment.js';
import type { CrashMoment } from './faults.js';
import { copyOf, describe, type Message, messagesOf } from './messages.js';
import { shipped } from './settings.js';

export interface SimulatedQueue {
  readonly service: string;
  readonly ready: Message[];
  /** Until it is, events for it come back unroutable. */
  declared: boolean;
}

/** A process as its broker sees it. */
export interface BrokerClient {
  readonly name: string;
  readonly queue: SimulatedQueue;
  /** Deliveries in its hands. */
  readonly unsettled: Set<Message>;
  /** Events that it has seen confirmed. */
  readonly confirmed: Set<string>;
  /** Counts the channels it has had: a delivery of an older one cannot be settled any more. */
  channel: number;
}

const DELAYS_MS = [50, 500, 5_000, 30_000];
const QUEUES_MISSING_MS = 4_000;

/** As the broker hands out what it has handed out before. */
const again = (message: Message): Message => ({ ...message, repeated: true });

/** Of the wait queues that there are, the shortest that is long enough. */
const waitOf = (delay: number) => shipped.retryDelays.find((each) => each >= delay) ?? shipped.retryDelays.at(-1) ?? 0;

/** Routes by the declarations' own topology; knows confirms and returns, retry and dead letter. */
export class SimulatedBroker {
  readonly queues = new Map<string, SimulatedQueue>();
  readonly deadLetters: { readonly queue: SimulatedQueue; readonly message: Message }[] = [];
  /** Messages that time will bring: delayed ones, and those that wait for their next attempt. */
  underway = 0;
  readonly #environment: Environment;
  readonly #routes = new Map<string, SimulatedQueue[]>();
  readonly #batched: boolean;

  constructor(declared: readonly Choreography[], batched: boolean, environment: Environment) {
    this.#environment = environment;
    this.#batched = batched;
    for (const { queue: service, bindings } of declared.map((each) => topologyOf(each))) {
      const queue = { service, ready: [], declared: true };
      this.queues.set(service, queue);
      for (const { routingKey } of bindings) this.#routes.set(routingKey, [...(this.#routes.get(routingKey) ?? []), queue]);
    }
    if (environment.faults.strikes('queues missing')) this.#missAll();
  }

  publisherFor(process: BrokerClient): Publisher {
    return { publish: (events) => this.#publish(process, events) };
  }

  deliveryOf(message: Message, process: BrokerClient): Delivery {
    const { queue, channel } = process;
    const settle = (keep: boolean) => {
      // A tag of a channel that is gone means nothing; the message went back when it closed.
      if (channel !== process.channel || !process.unsettled.delete(message)) return;
      if (keep || this.#environment.faults.strikes('ack lost', () => stepsFor(queue.service, message)))
        queue.ready.unshift(again(message));
    };
    return {
      body: message.body,
      batched: message.batched,
      exchange: exchangeOf(message.events[0]?.type ?? ''),
      routingKey: message.events[0]?.type ?? '',
      repeated: message.repeated,
      attempt: message.attempt,
      ack: () => settle(false),
      requeue: () => settle(true),
      retry: (body, _failure, { delay, attempt }) =>
        this.#copy(process, 'retry', copyOf(message, body, attempt), (copy) => this.#after(waitOf(delay), queue, copy, 'retry')),
      park: (body, { reason }) => {
        if (message.attempt < shipped.retryDelays.length) this.#environment.ledger.givenUp(queue.service, reason);
        return this.#copy(process, 'dead letter', copyOf(message, body.toString(), message.attempt), (copy) =>
          this.deadLetters.push({ queue, message: copy }),
        );
      },
    };
  }

  /** The connection is gone: what was handed out and not settled comes first again. Says how many messages that were. */
  takeBack(process: BrokerClient): number {
    const unsettled = [...process.unsettled];
    process.unsettled.clear();
    process.channel++;
    process.queue.ready.unshift(...unsettled.map(again));
    return unsettled.length;
  }

  /** Nothing is in a queue or on its way to one. */
  isQuiet(): boolean {
    if (this.underway > 0) return false;
    for (const { ready } of this.queues.values()) if (ready.length > 0) return false;
    return true;
  }

  /** How many it has: ready, parked, and those that time will bring. */
  get messages(): number {
    const ready = [...this.queues.values()].reduce((sum, queue) => sum + queue.ready.length, 0);
    return ready + this.deadLetters.length + this.underway;
  }

  /** What has not ended, in words. */
  left(): string[] {
    const queued = [...this.queues.values()].flatMap(({ service, ready }) =>
      ready.length === 0 ? [] : [`queue of ${service}: ${ready.map(describe).join(', ')}`],
    );
    return this.underway === 0 ? queued : [...queued, `${this.underway} messages wait for their time`];
  }

  /** What an operator does with the dead letters once their cause is mended. Says how many there were. */
  redriveAll(): number {
    const letters = this.deadLetters.splice(0);
    for (const { queue, message } of letters) queue.ready.push({ ...again(message), attempt: 0 });
    return letters.length;
  }

  #publish(process: BrokerClient, events: readonly OutgoingEvent[]): Promise<readonly Fate[]> {
    const messages = messagesOf(events, this.#batched);
    return this.#environment.calls.make({
      process,
      kind: 'publish',
      steps: stepsOf({ events: events.map(({ event }) => event) }),
      about: () => events.map(({ event }) => event.id).join(' '),
      perform: () => {
        const fates = new Map<string, Fate>();
        for (const message of messages) {
          const fate = this.#send(process, message);
          for (const { id } of message.events) {
            fates.set(id, fate);
            if (fate === 'confirmed') process.confirmed.add(id);
          }
        }
        return events.map(({ event }) => fates.get(event.id) ?? 'failed');
      },
      abandon: () => this.#abandonPublish(process, messages),
    });
  }

  #abandonPublish(process: BrokerClient, messages: readonly Message[]): void {
    const { choices, faults } = this.#environment;
    const reached = choices.pick(messages.length + 1);
    for (const message of messages.slice(0, reached)) this.#route(process, message);
    const moments: CrashMoment[] = [
      'crash after commit, before publish',
      'crash during publish',
      'crash after publish, before confirm',
    ];
    const steps = messages.flatMap(stepsOf);
    faults.count(moments[reached === 0 ? 0 : reached < messages.length ? 1 : 2] ?? '', [...new Set(steps)]);
  }

  #send(process: BrokerClient, message: Message): Fate {
    const { faults, trace } = this.#environment;
    if (faults.strikes('publish refused', () => stepsOf(message))) {
      trace.note(process.name, 'broker', `${describe(message)}: refused`);
      return 'failed';
    }
    const routed = this.#route(process, message);
    if (faults.strikes('confirm lost', () => stepsOf(message))) return 'failed';
    if (!routed && !message.final) faults.struck('queues missing', stepsOf(message));
    return routed || message.final ? 'confirmed' : 'returned';
  }

  #route(process: BrokerClient, message: Message): boolean {
    const { trace, ledger } = this.#environment;
    for (const event of message.events) ledger.published(event);
    trace.detail(() => message.body);
    const queues = (this.#routes.get(message.events[0]?.type ?? '') ?? []).filter(({ declared }) => declared);
    for (const queue of queues) {
      trace.note(process.name, queue.service, describe(message));
      this.#bring(queue, message);
    }
    if (queues.length === 0) trace.note(process.name, 'broker', `${describe(message)}: no queue`);
    return queues.length > 0;
  }

  #bring(queue: SimulatedQueue, message: Message): void {
    const { faults, choices } = this.#environment;
    if (faults.strikes('message duplicated', () => stepsFor(queue.service, message))) queue.ready.push({ ...message });
    if (faults.strikes('message delayed', () => stepsFor(queue.service, message))) {
      this.#after(DELAYS_MS[choices.pick(DELAYS_MS.length)] ?? 0, queue, message, 'delayed');
    } else {
      queue.ready.push(message);
    }
  }

  #after(delay: number, queue: SimulatedQueue, message: Message, why: string): void {
    this.underway++;
    this.#environment.time.after(delay, queue, `${why} ${message.events.map(({ id }) => id)}`, () => {
      this.underway--;
      queue.ready.push(message);
    });
  }

  #copy(process: BrokerClient, what: string, copy: Message, put: (copy: Message) => void): Promise<void> {
    const { calls, faults, choices, trace } = this.#environment;
    const steps = stepsFor(process.queue.service, copy);
    return calls.make({
      process,
      kind: 'copy',
      steps,
      about: () => `${what} ${copy.events.map(({ id }) => id)}`,
      perform: () => {
        if (faults.strikes('copy for retry or dead letter lost', steps)) throw new Error('The copy was not taken');
        faults.count(what);
        trace.note(process.name, 'broker', `${what}: ${describe(copy)}`);
        put(copy);
        if (faults.strikes('copy made, confirm lost', steps)) throw new Error('The copy was not confirmed');
      },
      abandon: () => {
        if (choices.pick(2) === 1) put(copy);
      },
    });
  }

  /**
   * All of them: an event that reaches one queue is not returned, so a queue that is missing among others loses it without a word.
   * That is why a system declares its whole topology before its first event.
   */
  #missAll(): void {
    const declare = (declared: boolean) => {
      for (const queue of this.queues.values()) queue.declared = declared;
    };
    declare(false);
    this.#environment.time.after(QUEUES_MISSING_MS, this, 'queues appear', () => declare(true));
  }
}
