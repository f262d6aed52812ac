import { percentilesOf } from '../statistics.js';
import type { Ending } from './endings.js';
import type { Job, LoadProgress, LoadResult, Second } from './protocol.js';

/** When each order of a job was due, sent, answered and ended (milliseconds of this process's clock). */
export class Ledger {
  readonly #due: Float64Array;
  readonly #sent: Float64Array;
  readonly #answered: Float64Array;
  readonly #ended: Float64Array;
  readonly #open = new Map<string, number>();
  /** Endings that overtook the answer to their request; those of other jobs' orders, and endings told again, stay here. */
  readonly #early = new Map<string, { at: number; ending: Ending }>();
  readonly #refused: Record<string, number> = {};
  readonly #endings: Record<Ending, number> = { completed: 0, cancelled: 0 };
  #answers = 0;
  #placed = 0;
  #endedCount = 0;
  #firstSent: number | undefined;
  #lastAnswer = 0;
  #lastEnding = 0;

  constructor(readonly job: Job) {
    const times = () => new Float64Array(job.orders).fill(Number.NaN);
    [this.#due, this.#sent, this.#answered, this.#ended] = [times(), times(), times(), times()];
  }

  get progress(): LoadProgress {
    return { placed: this.#placed, ended: this.#endedCount };
  }

  get finished(): boolean {
    return this.#answers === this.job.orders && this.#endedCount === this.#placed;
  }

  sent(index: number, due: number): void {
    const now = performance.now();
    this.#firstSent ??= now;
    this.#due[index] = due;
    this.#sent[index] = now;
  }

  answered(index: number, status: number, orderId: string | undefined): void {
    const now = performance.now();
    this.#answers++;
    this.#answered[index] = now;
    this.#lastAnswer = now;
    if (status !== 202 || orderId === undefined) {
      this.#refused[status] = (this.#refused[status] ?? 0) + 1;
      return;
    }
    this.#placed++;
    const early = this.#early.get(orderId);
    if (early === undefined) this.#open.set(orderId, index);
    else this.#close(orderId, index, early.at, early.ending);
  }

  ended(orderId: string, ending: Ending): void {
    const now = performance.now();
    const index = this.#open.get(orderId);
    if (index !== undefined) this.#close(orderId, index, now, ending);
    else if (!this.#early.has(orderId)) this.#early.set(orderId, { at: now, ending });
  }

  #close(orderId: string, index: number, at: number, ending: Ending): void {
    this.#endings[ending]++;
    this.#open.delete(orderId);
    this.#early.delete(orderId);
    this.#ended[index] = at;
    this.#endedCount++;
    this.#lastEnding = Math.max(this.#lastEnding, at);
  }

  result(): LoadResult {
    const start = this.#firstSent ?? performance.now();
    const { completed, cancelled } = this.#endings;
    return {
      startedAt: performance.timeOrigin + start,
      orders: this.job.orders,
      placed: this.#placed,
      refused: this.#refused,
      completed,
      cancelled,
      repeatedEndings: this.#early.size,
      placingSeconds: (this.#lastAnswer - start) / 1_000,
      endingSeconds: (this.#lastEnding - start) / 1_000,
      placedToEnded: percentilesOf(differences(this.#ended, this.#due)),
      post: percentilesOf(differences(this.#answered, this.#due)),
      lateness: percentilesOf(differences(this.#sent, this.#due)),
      series: this.#series(start),
    };
  }

  #series(start: number): Second[] {
    const seconds = Math.ceil((Math.max(this.#lastAnswer, this.#lastEnding) - start) / 1_000) || 0;
    const placed = new Array<number>(seconds).fill(0);
    const latencies = Array.from({ length: seconds }, (): number[] => []);
    const secondOf = (at: number) => Math.floor((at - start) / 1_000);
    for (const at of this.#answered) {
      const second = secondOf(at);
      if (second in placed) placed[second] = (placed[second] ?? 0) + 1;
    }
    this.#ended.forEach((at, index) => {
      latencies[secondOf(at)]?.push(at - (this.#due[index] ?? Number.NaN));
    });
    return latencies.map((values, second) => {
      const { count, p50, p99 } = percentilesOf(Float64Array.from(values));
      return { placed: placed[second] ?? 0, ended: count, p50: count > 0 ? p50 : null, p99: count > 0 ? p99 : null };
    });
  }
}

/** Of the pairs that have both ends. */
function differences(ends: Float64Array, starts: Float64Array): Float64Array {
  return ends.map((end, index) => end - (starts[index] ?? Number.NaN)).filter((value) => !Number.isNaN(value));
}
