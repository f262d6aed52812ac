import type { Totals } from '../runs.js';

const WIDTH = 30;
const EVERY_MS = 200;

/** One live line on a terminal; elsewhere one line every minute. */
export class ProgressBar {
  readonly #runs: number;
  readonly #since = performance.now();
  readonly #live = process.stderr.isTTY;
  #shown = 0;

  constructor(runs: number) {
    this.#runs = runs;
  }

  show({ runs, orders }: Totals): void {
    const now = performance.now();
    if (now - this.#shown < (this.#live ? EVERY_MS : 60_000)) return;
    this.#shown = now;
    const done = Math.round((WIDTH * runs) / this.#runs);
    const rate = Math.round((orders * 1_000) / (now - this.#since));
    const line = `  ${'█'.repeat(done)}${'░'.repeat(WIDTH - done)} ${runs} of ${this.#runs} worlds, ${orders} orders, ${rate}/s`;
    process.stderr.write(this.#live ? `\r\u001b[2K${line}` : `${line}\n`);
  }

  end(): void {
    if (this.#live) process.stderr.write('\r\u001b[2K');
  }
}
