import { Connection } from './connection.js';
import { listenForEndings } from './endings.js';
import { Ledger } from './ledger.js';
import { requestBuilder } from './orders.js';
import { type Line, sendClosed, sendOpen } from './pace.js';
import type { FromLoad, Job, LoadOptions, LoadResult, ToLoad } from './protocol.js';

/** The process that places the orders: jobs come from the benchmark one at a time, results go back to it. */

const progressEveryMs = 100;
/** Connections of an open-loop job: enough that a second of standstill is not also a queue inside the generator. */
const openConnections = 256;

let ledger: Ledger | undefined;
let options: LoadOptions | undefined;

function tell(message: FromLoad): void {
  process.send?.(message);
}

async function openLines({ targets }: LoadOptions, { pace, idempotencyKeys }: Job): Promise<Line[]> {
  const count = pace.kind === 'closed' ? pace.concurrency : Math.min(openConnections, Math.max(8, pace.rate));
  const builders = targets.map((target) => ({ target, build: requestBuilder(target, idempotencyKeys) }));
  const line = async (index: number): Promise<Line> => {
    const chosen = builders[index % builders.length];
    if (chosen === undefined) throw new Error('There is no order service to send orders to');
    return { ...chosen, connection: await Connection.open(chosen.target) };
  };
  return Promise.all(Array.from({ length: count }, (_, index) => line(index)));
}

async function run(job: Job): Promise<LoadResult> {
  if (options === undefined) throw new Error('The load generator was not connected');
  const lines = await openLines(options, job);
  const current = new Ledger(job);
  ledger = current;
  const { pace } = job;
  const finished = new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      tell({ kind: 'progress', progress: current.progress });
      if (!current.finished) return;
      clearInterval(timer);
      resolve();
    }, progressEveryMs);
  });
  await (pace.kind === 'closed' ? sendClosed(lines, current) : sendOpen(lines, current, pace.rate));
  await finished;
  for (const { connection } of lines) connection.close();
  return current.result();
}

async function handle(message: ToLoad): Promise<void> {
  if (message.kind === 'run') return tell({ kind: 'result', result: await run(message.job) });
  options = message.options;
  await listenForEndings(options.rabbitmqUrl, (orderId, ending) => ledger?.ended(orderId, ending));
  tell({ kind: 'connected' });
}

process.on('message', (message: ToLoad) => {
  handle(message).catch((error) => tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }));
});
process.once('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole terminal; the benchmark ends this process when it is done with it.
process.on('SIGINT', () => undefined);
