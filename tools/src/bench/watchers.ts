import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { setInterval as every } from 'node:timers/promises';
import { requireChromium } from '../provision/chromium.js';
import { treeOf } from './machine.js';

/** As the generated configuration of Prometheus has it. */
const SCRAPE_INTERVAL_MS = 15_000;

/** Who looks at the system while it works: a receiver of traces, a reader of the metrics, a browser with the console on the map. */
export class Watchers {
  readonly #traces: Server;
  readonly #stopped = new AbortController();
  #browser: ChildProcess | undefined;
  #scraping: Promise<void> | undefined;

  private constructor() {
    // What is received is forgotten, so that only what the services spend on their traces is measured.
    this.#traces = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
    });
  }

  static async start(): Promise<Watchers> {
    requireChromium();
    const watchers = new Watchers();
    watchers.#traces.listen(0, '127.0.0.1');
    await once(watchers.#traces, 'listening');
    return watchers;
  }

  /** Settings with which a service sends one trace in ten here. */
  settings(): Record<string, string> {
    const address = this.#traces.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    return {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.1',
    };
  }

  /** @param directory where the browser may keep its files */
  open(urls: readonly string[], page: string, directory: string): void {
    this.#scraping = scrape(urls, this.#stopped.signal);
    this.#browser = openPage(page, directory);
  }

  /** Processes of the browser. */
  pids(): number[] {
    return this.#browser?.pid === undefined ? [] : treeOf(this.#browser.pid);
  }

  /** @throws when the metrics could not be read at some time */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#traces.closeAllConnections();
    this.#traces.close();
    if (this.#browser?.exitCode === null && this.#browser.kill('SIGTERM')) await once(this.#browser, 'exit');
    await this.#scraping;
  }
}

async function scrape(urls: readonly string[], signal: AbortSignal): Promise<void> {
  const read = async (url: string) => (await fetch(`${url}/metrics`, { signal })).text();
  try {
    await Promise.all(urls.map(read));
    for await (const _ of every(SCRAPE_INTERVAL_MS, undefined, { signal })) await Promise.all(urls.map(read));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** A browser without a window. */
function openPage(url: string, directory: string): ChildProcess {
  // Root may not use the sandbox; the small shared memory of containers would crash it.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const profile = `--user-data-dir=${join(directory, 'browser')}`;
  const args = ['--headless=new', '--disable-dev-shm-usage', '--remote-debugging-port=0', '--window-size=1440,900'];
  return spawn(requireChromium(), [...args, ...asRoot, profile, url], { stdio: 'ignore' });
}
