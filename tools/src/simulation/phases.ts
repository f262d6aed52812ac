import type { Clients } from './clients.js';
import type { Environment } from './environment.js';
import type { FinalChecks } from './final-checks.js';
import type { Fleet } from './fleet.js';
import type { Move } from './injected-faults.js';
import type { Scenario } from './scenario.js';
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
/** The longest wait before a call finds out whether a provider is back, in first waits. */
const LONGEST_PROBE = 12;

/**
 * Safety, then liveness (after FoundationDB and TigerBeetle). At first faults strike, and nothing wrong may happen. Then they end,
 * and everything must end within a bound of simulated time: every order, every request, every queue and outbox.
 */
export class Phases {
  readonly #parts: Parts;
  readonly #orders: number;
  /** Within this long everything ends once no fault strikes: the deadline passes, and attempts are used up after each redrive. */
  readonly #boundMs: number;
  #liveSince: number | undefined;
  #redrives = 0;

  constructor({ orders, settings }: Scenario, parts: Parts) {
    this.#parts = parts;
    this.#orders = orders.length;
    const attempts = settings.retryDelays.reduce((sum, delay) => sum + delay, 0);
    // Cards that always fail take turns at finding out whether the gateway is back, one at a time, a minute apart.
    const probes = settings.retryDelays.length * this.#orders * LONGEST_PROBE * settings.breakerProbe;
    this.#boundMs = settings.orderDeadline + (1 + REDRIVES) * (attempts + probes) + SETTLING_MS;
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
    trace.note('world', 'world', 'no fault strikes from here on');
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
    if (steps <= 100_000 + 2_000 * this.#orders) return false;
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
