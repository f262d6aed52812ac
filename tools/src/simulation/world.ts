import { choreographies } from '@quickstep/system';
import { type CallKind, Calls } from './calls.js';
import type { Choices } from './choices.js';
import { Clients, type Request } from './clients.js';
import { stepsFor } from './coverage.js';
import { type Environment, idOf } from './environment.js';
import { Faults } from './faults.js';
import { FinalChecks } from './final-checks.js';
import { Fleet } from './fleet.js';
import type { InjectedFaults, Move } from './injected-faults.js';
import { Ledger } from './ledger.js';
import { describe } from './messages.js';
import { Phases } from './phases.js';
import { ProcessFaults } from './process-faults.js';
import type { Violation } from './rules.js';
import type { Scenario } from './scenario.js';
import { SimulatedBroker, type SimulatedQueue } from './simulated-broker.js';
import { SimulatedProviders } from './simulated-providers.js';
import { type Tampering, untouched } from './tampering.js';
import { Trace, type TraceEntry, type TraceOptions } from './trace.js';
import { VirtualTime } from './virtual-time.js';

export interface WorldOptions {
  readonly tampering?: Tampering;
  readonly traced?: boolean;
  /** Hash the trace. */
  readonly hashed?: boolean;
  /** Calls to answer before anything else is considered. */
  readonly quiet?: ReadonlySet<CallKind>;
  /** Faults to consider as moves. */
  readonly injected?: InjectedFaults;
  /** Asked before each choice between moves; false ends the run unchecked. */
  onward?(): boolean;
}

export interface RunResult {
  /** The first of `violations`. */
  readonly violation: Violation | undefined;
  /** What was found in the same moment; the run ends there. */
  readonly violations: readonly Violation[];
  readonly orders: number;
  /** Everything that the world let happen. */
  readonly steps: number;
  readonly counts: ReadonlyMap<string, number>;
  /** How often each fault struck each step. */
  readonly cells: ReadonlyMap<string, number>;
  readonly trace: readonly TraceEntry[];
  /** Undefined when it was not asked for. */
  readonly traceHash: string | undefined;
}

/** Lets every microtask that the last move set off run to its end; nothing in the services waits for anything else but ports. */
const drained = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The five services with their surroundings. The choices decide what happens next, one thing at a time. */
export class World {
  readonly environment: Environment;
  readonly fleet: Fleet;
  readonly broker: SimulatedBroker;
  readonly clients: Clients;
  readonly providers: SimulatedProviders;
  steps = 0;
  readonly #scenario: Scenario;
  readonly #choices: Choices;
  readonly #processFaults: ProcessFaults;
  readonly #finalChecks: FinalChecks;
  readonly #phases: Phases;
  readonly #options: WorldOptions;
  #abandoned = false;
  #leapt = false;
  #ids = 0;

  constructor(scenario: Scenario, choices: Choices, options: WorldOptions = {}) {
    const { tampering = untouched, traced = false, hashed = false } = options;
    this.#options = options;
    this.#scenario = scenario;
    this.#choices = choices;
    this.environment = this.#makeEnvironment({ kept: traced, hashed });
    this.providers = new SimulatedProviders(this.environment, tampering);
    const { providers } = this;
    this.broker = new SimulatedBroker(choreographies, scenario.batched, this.environment);
    this.fleet = new Fleet(scenario, this.broker, providers, tampering, this.environment);
    this.clients = new Clients(scenario, this.environment);
    this.#processFaults = new ProcessFaults(this.fleet, this.broker, this.environment);
    const observed = { databases: this.fleet.databases, providers };
    this.environment.ledger.watch(observed);
    this.#finalChecks = new FinalChecks(observed, this.environment.ledger);
    const { fleet, broker, clients, environment } = this;
    this.#phases = new Phases(scenario, { fleet, broker, clients, environment, finalChecks: this.#finalChecks });
    for (const [index, { id }] of scenario.orders.entries()) {
      this.environment.trace.name(id, `order ${index + 1}`);
      this.environment.ledger.request(id, `order ${index + 1}`);
    }
  }

  /** Runs until everything has ended or a rule is broken. */
  async run(): Promise<RunResult> {
    const { ledger } = this.environment;
    await drained();
    while (ledger.violation === undefined) {
      const move = this.#next();
      if (move === undefined) break;
      this.steps++;
      this.environment.trace.detail(() => `event ${this.steps}`);
      move();
      if (this.#phases.tooBusy(this.steps)) break;
      await drained();
    }
    if (ledger.violation === undefined && !this.#abandoned) this.#finalChecks.run(this.#scenario, this.#parked());
    const { faults, trace } = this.environment;
    return {
      violation: ledger.violation,
      violations: ledger.violations,
      orders: this.fleet.ordersPlaced(),
      steps: this.steps,
      counts: faults.counts,
      cells: faults.cells,
      trace: trace.entries,
      traceHash: trace.digest(),
    };
  }

  #makeEnvironment(options: TraceOptions): Environment {
    const time = new VirtualTime();
    const trace = new Trace(options, () => time.elapsed);
    const faults = new Faults(this.#scenario.rates, this.#choices);
    return {
      choices: this.#choices,
      faults,
      time,
      trace,
      ledger: new Ledger(faults, trace),
      calls: new Calls(faults, this.#choices, time),
      newId: () => idOf(++this.#ids),
    };
  }

  #next(): Move | undefined {
    const { time, faults } = this.environment;
    this.#phases.advance(this.steps);
    const fault = faults.active ? this.#processFaults.next() : undefined;
    if (fault !== undefined) return fault;
    if (faults.active && this.#choices.chance(this.#scenario.leaps)) return () => time.leap();
    return this.#quietCall() ?? this.#chosen();
  }

  #quietCall(): Move | undefined {
    const { quiet } = this.#options;
    const { calls, time } = this.environment;
    if (quiet === undefined) return undefined;
    if (time.overdue) return () => time.leap();
    const call = calls.ready().find(({ kind }) => quiet.has(kind));
    return call === undefined ? undefined : () => calls.run(call);
  }

  #chosen(): Move | undefined {
    const { injected, onward } = this.#options;
    const moves = this.moves();
    const idle = moves.length === 0;
    if (idle) {
      const move = this.#phases.idle();
      if (move === undefined) return undefined;
      moves.push(move);
    }
    // Once nothing but time goes on, a fault changes nothing that it could not have changed when that began.
    if (injected !== undefined && !(idle && this.#leapt)) moves.push(...injected.moves(this));
    this.#leapt = idle;
    if (moves.length > 1 && onward?.() === false) {
      this.#abandoned = true;
      return undefined;
    }
    return moves[this.#choices.pick(moves.length)];
  }

  /** What could happen now, the oldest first. */
  moves(): Move[] {
    const { calls, faults } = this.environment;
    const moves: Move[] = calls.ready().map((call) => () => calls.run(call));
    for (const queue of this.broker.queues.values()) {
      if (queue.ready.length > 0 && this.fleet.consumersOf(queue.service).length > 0) moves.push(() => this.#deliver(queue));
    }
    for (const request of this.clients.ready(this.steps, !faults.active)) {
      if (this.fleet.of(request.service).length > 0) moves.push(() => this.#send(request));
    }
    return moves;
  }

  #deliver(queue: SimulatedQueue): void {
    const { faults, trace } = this.environment;
    const consumers = this.fleet.consumersOf(queue.service);
    const consumer = consumers[this.#choices.pick(consumers.length)];
    const overtakes = faults.strikes('message reordered');
    const index = overtakes ? this.#choices.pick(queue.ready.length) : 0;
    const [message] = queue.ready.splice(index, 1);
    if (consumer === undefined || message === undefined) return;
    if (overtakes) faults.struck('message reordered', stepsFor(queue.service, message));
    trace.note(consumer.name, consumer.name, `receives ${describe(message)}`);
    consumer.deliver(message);
  }

  #send(request: Request): void {
    const processes = this.fleet.of(request.service);
    const process = processes[this.#choices.pick(processes.length)];
    if (process !== undefined) this.clients.send(request, process);
  }

  /** What an operator still finds in the dead-letter queues. */
  #parked(): Set<string> {
    return new Set(
      this.broker.deadLetters.flatMap(({ queue, message }) => message.events.map(({ id }) => `${queue.service} ${id}`)),
    );
  }
}
