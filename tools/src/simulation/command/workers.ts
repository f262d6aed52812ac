import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { merge, noTotals, type Totals } from '../runs.js';

export interface WorkerTask {
  readonly seed: number;
  readonly runs: number;
  readonly orders: number;
  readonly hashed: boolean;
}

/** Deals the seeds out to threads in equal shares. Works from the built files only. */
export async function runInWorkers(
  { seed, runs, orders, hashed, workers }: WorkerTask & { readonly workers: number },
  signal: AbortSignal,
  onProgress: (totals: Totals) => void,
): Promise<Totals> {
  const latest: Totals[] = Array.from({ length: workers }, noTotals);
  const sum = () => {
    const totals = noTotals();
    for (const each of latest) merge(totals, each);
    return totals;
  };
  const share = Math.ceil(runs / workers);
  const tasks = Array.from({ length: workers }, (_, index): WorkerTask => {
    const start = index * share;
    return { seed: seed + start, runs: Math.max(0, Math.min(share, runs - start)), orders, hashed };
  });
  await Promise.all(
    tasks.map((task, index) =>
      runOne(task, signal, (totals) => {
        latest[index] = totals;
        onProgress(sum());
      }),
    ),
  );
  return sum();
}

function runOne(task: WorkerTask, signal: AbortSignal, onTotals: (totals: Totals) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(__dirname, 'worker.js'), { workerData: task });
    const stop = () => void worker.terminate();
    signal.addEventListener('abort', stop);
    worker.on('message', onTotals);
    worker.once('error', reject);
    worker.once('exit', () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
  });
}
