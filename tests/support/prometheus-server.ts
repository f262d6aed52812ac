import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../tools/src/provision/ports.js';
import { providePrometheus } from '../../tools/src/provision/prometheus.js';
import { until } from './until.js';

interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** What promtool says of a file or of its input; rejects when it finds fault. */
export async function promtool(args: readonly string[], input = ''): Promise<string> {
  const { promtool: file } = await providePrometheus(tmpdir());
  const asked = promisify(execFile)(file, args);
  asked.child.stdin?.end(input);
  const { stdout, stderr } = await asked;
  return stdout + stderr;
}

/** A real Prometheus with a folder of its own. */
export class PrometheusServer {
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #url: string;

  private constructor(child: ChildProcess, directory: string, url: string) {
    this.#child = child;
    this.#directory = directory;
    this.#url = url;
  }

  /** @param files by name; `prometheus.yml` among them. JSON is YAML. */
  static async start(files: Readonly<Record<string, unknown>>): Promise<PrometheusServer> {
    const directory = mkdtempSync(join(tmpdir(), 'quickstep-prometheus-'));
    const { server } = await providePrometheus(directory);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), JSON.stringify(content));
    const port = await freePort();
    const args = [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ];
    const child = spawn(server, args, { stdio: 'ignore' });
    running.add(child);
    child.once('close', () => running.delete(child));
    const prometheus = new PrometheusServer(child, directory, `http://127.0.0.1:${port}`);
    await until(
      async () => {
        if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}`);
        return (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined))?.ok || undefined;
      },
      () => 'Prometheus is not ready',
    );
    return prometheus;
  }

  async query(expr: string): Promise<readonly Sample[]> {
    const { result } = await this.#ask<{ result: readonly Sample[] }>(`query?query=${encodeURIComponent(expr)}`);
    return result;
  }

  /** The names of the alerts that fire now. */
  async firing(): Promise<string[]> {
    const { alerts } = await this.#ask<{ alerts: readonly { state: string; labels: { alertname: string } }[] }>('alerts');
    return [...new Set(alerts.flatMap(({ state, labels }) => (state === 'firing' ? [labels.alertname] : [])))].sort();
  }

  /** Resolves when every rule has been looked at after all targets have been scraped, from now on. */
  async hasLookedAgain(): Promise<void> {
    const since = Date.now();
    const after = (times: readonly string[], limit: number) => times.every((time) => Date.parse(time) > limit);
    let scraped = 0;
    await until(
      async () => {
        const { activeTargets } = await this.#ask<{ activeTargets: readonly { lastScrape: string }[] }>('targets');
        if (
          scraped === 0 &&
          after(
            activeTargets.map(({ lastScrape }) => lastScrape),
            since,
          )
        )
          scraped = Date.now();
        const { groups } = await this.#ask<{ groups: readonly { lastEvaluation: string }[] }>('rules');
        return (
          (scraped > 0 &&
            after(
              groups.map(({ lastEvaluation }) => lastEvaluation),
              scraped,
            )) ||
          undefined
        );
      },
      () => 'Prometheus does not look any more',
    );
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM');
      await once(this.#child, 'close');
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #ask<Data>(path: string): Promise<Data> {
    const response = await fetch(`${this.#url}/api/v1/${path}`);
    const { data, error }: { data: Data; error?: string } = JSON.parse(await response.text());
    if (error !== undefined) throw new Error(`${decodeURIComponent(path)}: ${error}`);
    return data;
  }
}
