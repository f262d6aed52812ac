import type { Clients } from './clients.js';
import type { Environment } from './environment.js';
import type { FinalChecks } from './final-checks.js';
import type { Fleet } from './fleet.js';
import type { Move } from './injected-faults.js';
import type { Scenario } from './scenario.js';
import type { Settings } from './settings.js';
import type { SimulatedBroker } from './simulated-broker.js';

interface Parts {
  readonly fleet: Fleet;
  readonly broker: SimulatedBroker;
  readonly clients: Clients;
  readonly finalChecks: FinalChecks;
  readonly environment: Environment;
}

/** How often the operator redrives all dead letters. */
const REDRIVES = 2;
/** For what was under way when the faults ended: slow calls, delayed messages, processes that are down. */
const SETTLING_MS = 120_000;
/** The longest wait before a call finds out whether a provider is back, in first waits; all but compensations then wait as long again. */
const LONGEST_PROBE = 2 * 12;
/** A delivery, a copy and a leap of time; compensations come back about three times before a call is made. */
const EVENTS_OF_A_WAIT = 10;

/**
 * Safety, then liveness (after FoundationDB and TigerBeetle). At first faults strike, and nothing wrong may happen. Then they end,
 * and everything must end within a bound of simulated time: every order, every request, every queue and outbox.
 */
export class Phases {
  readonly #parts: Parts;
  readonly #orders: number;
  readonly #replicas: number;
  readonly #settings: Settings;
  /** Within this long everything ends once no fault strikes. */
  #boundMs = 0;
  /** As many events of the world as messages that wait for a provider may take by then. */
  #busyWaiting = 0;
  #liveSince: number | undefined;
  #redrives = 0;

  constructor({ orders, replicas, settings }: Scenario, parts: Parts) {
    this.#parts = parts;
    this.#orders = orders.length;
    this.#replicas = replicas;
    this.#settings = settings;
  }

  /** Ends the safety phase when everything has been asked for and there has been time to answer. @param steps taken so far */
  advance(steps: number): void {
    const { clients, finalChecks, environment } = this.#parts;
    const { faults, time, trace } = environment;
    if (!faults.active) return;
    const ended = clients.done && (steps > 1_000 + 120 * this.#orders || finalChecks.haveAllEnded());
    // Clients whom an overloaded service turns away for ever would never be done.
    if (!ended && steps < 2_000 + 250 * this.#orders) return;
    faults.active = false;
    this.#liveSince = time.elapsed;
    this.#setBounds();
    trace.note('world', 'world', 'no fault strikes from here on');
  }

  /**
   * The deadline passes; then, at first and after each redrive, the message that is last uses up its attempts. Each time it is sent away
   * because a provider is away, it is away at most for the longest wait, and when it comes back to the same replica in vain another message has
   * found out meanwhile. That used up an attempt of the other one (a call that succeeds closes the breaker): so there are no more of these
   * waits than all messages have attempts, for each replica, which has a breaker of its own.
   */
  #setBounds(): void {
    const { broker, fleet } = this.#parts;
    const { orderDeadline, retryDelays, breakerProbe } = this.#settings;
    // Those that there are, each of which may have lost its acknowledgement, and those that orders are yet to bring.
    const messages = 2 * (broker.messages + fleet.messages + this.#orders);
    const waits = retryDelays.reduce((sum, delay) => sum + delay, 0);
    const sentAway = (1 + REDRIVES) * messages * (retryDelays.length + 1) * this.#replicas;
    this.#boundMs = orderDeadline + (1 + REDRIVES) * waits + sentAway * LONGEST_PROBE * breakerProbe + SETTLING_MS;
    this.#busyWaiting = sentAway * messages * EVENTS_OF_A_WAIT;
  }

  /** Nothing can happen by itself: dead letters are redriven, or time goes on, or all is done. */
  idle(): Move | undefined {
    const { broker, environment } = this.#parts;
    const { faults, time } = environment;
    const quiet = this.#quiet();
    if (quiet && !faults.active && broker.deadLetters.length > 0 && this.#redrives < REDRIVES) return () => this.#redrive();
    if (quiet && this.#left().length === 0) return undefined;
    const late = this.#liveSince !== undefined && time.elapsed - this.#liveSince > this.#boundMs;
    if (time.waiting > 0 && !late) return () => time.leap();
    this.#violate(late ? `${this.#boundMs / 1_000} s after the last fault` : 'nothing can happen any more');
    return undefined;
  }

  /** Far beyond what any world needs: something goes round in circles, though time may stand still. */
  tooBusy(steps: number): boolean {
    if (steps <= 100_000 + 2_000 * this.#orders + this.#busyWaiting) return false;
    this.#violate(`the world is busy after ${steps} events`);
    return true;
  }

  #violate(when: string): void {
    const { ledger } = this.#parts.environment;
    const rule = this.#parts.finalChecks.haveAllEnded() ? 'without faults everything ends' : 'every order ends';
    ledger.violate(rule, `${when}: ${this.#left().join('; ')}`);
  }

  #redrive(): void {
    const { broker, environment } = this.#parts;
    this.#redrives++;
    for (let letters = broker.redriveAll(); letters > 0; letters--) environment.faults.count('redriven');
  }

  #quiet(): boolean {
    const { clients, broker, fleet, environment } = this.#parts;
    return clients.done && broker.isQuiet() && fleet.isQuiet() && environment.calls.pending.length === 0;
  }

  /** What has not ended, in words. */
  #left(): string[] {
    const { clients, broker, fleet, finalChecks, environment } = this.#parts;
    const calls = environment.calls.pending.map(({ kind }) => `a call "${kind}" is not answered`);
    return [...finalChecks.open(), ...broker.left(), ...fleet.left(), ...clients.left(), ...calls];
  }
}
