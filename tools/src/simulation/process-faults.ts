import type { Environment } from './environment.js';
import type { Fleet } from './fleet.js';
import type { ServiceProcess } from './service-process.js';
import type { SimulatedBroker } from './simulated-broker.js';

/** Faults of a whole process, whatever it is doing: crash, orderly restart, lost connection. */
export class ProcessFaults {
  readonly #fleet: Fleet;
  readonly #broker: SimulatedBroker;
  readonly #environment: Environment;

  constructor(fleet: Fleet, broker: SimulatedBroker, environment: Environment) {
    this.#fleet = fleet;
    this.#broker = broker;
    this.#environment = environment;
  }

  next(): (() => void) | undefined {
    const { faults } = this.#environment;
    if (faults.strikes('crash')) return this.#strike((process) => this.#fleet.crash(process));
    if (faults.strikes('orderly restart')) return this.#strike((process) => this.#restart(process));
    if (faults.strikes('connection lost')) return this.#strike((process) => this.#disconnect(process));
    return undefined;
  }

  #strike(act: (process: ServiceProcess) => void): (() => void) | undefined {
    const processes = this.#fleet.all;
    const process = processes[this.#environment.choices.pick(processes.length)];
    return process === undefined ? undefined : () => act(process);
  }

  #restart(process: ServiceProcess): void {
    if (!process.consuming) return;
    this.#environment.faults.struck('orderly restart', process.busySteps);
    this.#fleet.restart(process);
  }

  #disconnect(process: ServiceProcess): void {
    this.#environment.faults.struck('connection lost', process.busySteps);
    this.#environment.trace.note(process.name, process.name, 'loses its connection to the broker');
    this.#broker.takeBack(process);
  }
}
