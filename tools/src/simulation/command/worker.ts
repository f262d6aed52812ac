import { parentPort, workerData } from 'node:worker_threads';
import { runSeeds, type Totals } from '../runs.js';
import type { WorkerTask } from './workers.js';

const TELL_EVERY = 50;

const { seed, runs, orders, hashed }: WorkerTask = workerData;
const tell = (totals: Totals) => parentPort?.postMessage(totals);

runSeeds(seed, runs, { orders, hashed }, (totals) => {
  if (totals.runs % TELL_EVERY === 0) tell(totals);
  return true;
}).then(tell);
