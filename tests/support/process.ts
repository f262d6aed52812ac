import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Running, ServiceName } from './services.js';

/** A service as a process of its own, from its compiled sources. */
export interface ServiceProcess extends Running {
  /** Every line that it has logged. */
  readonly lines: readonly string[];
  /** As an operator stops it. @returns its exit code */
  stop(): Promise<number | null>;
  /** As a power cut ends it. */
  kill(): Promise<void>;
}

const root = resolve(__dirname, '../..');

/** Whatever happens to the tests, no service outlives them. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
  return child.exitCode;
}

/** The address that a service logs when it has started. @throws Error with its last words when it ends before that */
function addressOf(child: ChildProcess, name: string, lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const hear = (line: string) => {
      lines.push(line);
      const started = /"message":"started".*"url":"(http:[^"]+)"/.exec(line);
      if (started?.[1] !== undefined) resolve(started[1]);
    };
    for (const stream of [child.stdout, child.stderr]) if (stream) createInterface(stream).on('line', hear);
    child.once('close', (code) => reject(new Error(`${name} ended with ${code}: ${lines.slice(-5).join('\n')}`)));
  });
}

export function startProcess(name: ServiceName | 'operations', env: NodeJS.ProcessEnv): Promise<ServiceProcess> {
  return startMain(name, join(root, `${name}-service`, 'dist', 'main.js'), env);
}

/** @param main the program of a service, wherever it lies */
export async function startMain(name: string, main: string, env: NodeJS.ProcessEnv): Promise<ServiceProcess> {
  if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` first`);
  // Its address is in a line at `info`.
  const level = env.LOG_LEVEL === 'debug' ? 'debug' : 'info';
  const child = spawn(process.execPath, [main], { env: { ...env, LOG_LEVEL: level }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('close', () => running.delete(child));
  const lines: string[] = [];
  const url = await addressOf(child, name, lines);
  return { url, lines, stop: () => end(child, 'SIGTERM'), kill: async () => void (await end(child, 'SIGKILL')) };
}
