import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { treeOf } from '../bench/machine.js';
import { Problem } from '../problem.js';
import { isRunning, launchOf, type ProcessRecord, readRecords, startDetached, stopProcess } from '../processes.js';
import { accepts } from '../provision/given-server.js';
import { until } from '../wait.js';

export type ServerName = 'rabbitmq' | 'postgres';

export interface Ports {
  readonly rabbitmq: number;
  readonly postgres: number;
}

const run = promisify(execFile);
const STOP_MS = 60_000;

/** The broker and the database of this run, which may be killed, frozen and started again. */
export class PrivateServers {
  readonly #directory: string;
  readonly #ports: Ports;

  constructor(directory: string, ports: Ports) {
    this.#directory = directory;
    this.#ports = ports;
  }

  pid(name: ServerName): number | undefined {
    const record = this.#record(name);
    return record !== undefined && isRunning(record) ? record.pid : undefined;
  }

  /** SIGKILL to the server and everything below it, at once. */
  async kill(name: ServerName): Promise<void> {
    const record = this.#record(name);
    if (record === undefined) throw new Problem(`${name} does not run here`);
    this.#send(record.pid, 'SIGKILL');
    await stopProcess(this.#directory, { ...record, stopSignal: 'SIGKILL' });
  }

  /** As an operator stops it. */
  async stop(name: ServerName): Promise<void> {
    const record = this.#record(name);
    if (record !== undefined) await stopProcess(this.#directory, record, STOP_MS);
  }

  /** Stops the time of the server and everything below it; with SIGCONT it goes on. */
  freeze(name: ServerName, signal: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.pid(name);
    if (pid !== undefined) this.#send(pid, signal);
  }

  /** As it was started before; resolves when it takes connections. A server that runs is left alone. */
  async start(name: ServerName): Promise<void> {
    if (this.pid(name) === undefined) startDetached(launchOf(this.#directory, name));
    const answers = async () => {
      if (this.pid(name) === undefined) startDetached(launchOf(this.#directory, name));
      return this.#answers(name);
    };
    await until(answers, { timeoutMs: 120_000, everyMs: 100, failure: `${name} did not come back` });
  }

  /** @throws Problem when the broker does not run as a process of this machine */
  async rabbitmqctl(...args: string[]): Promise<string> {
    const { command, env } = launchOf(this.#directory, 'rabbitmq');
    const script = join(dirname(command), 'rabbitmqctl');
    if (!existsSync(script)) throw new Problem(`${script} is missing: it comes with RabbitMQ's package`);
    return (await run(script, args, { env, timeout: 60_000 })).stdout;
  }

  #answers(name: ServerName): Promise<boolean> {
    const port = this.#ports[name];
    if (name === 'rabbitmq') return accepts({ host: '127.0.0.1', port });
    const file = join(postgresData(launchOf(this.#directory, name).args), 'postmaster.pid');
    return Promise.resolve(existsSync(file)).then((there) => there && accepts({ host: '127.0.0.1', port }));
  }

  #record(name: ServerName): ProcessRecord | undefined {
    return readRecords(this.#directory).find((record) => record.name === name);
  }

  #send(pid: number, signal: NodeJS.Signals): void {
    for (const each of treeOf(pid)) {
      try {
        process.kill(each, signal);
      } catch {
        // It ended in between.
      }
    }
  }
}

/** The folder in which a PostgreSQL that was started with these arguments keeps its data. */
export const postgresData = (args: readonly string[]) => args[args.indexOf('-D') + 1] ?? '';
