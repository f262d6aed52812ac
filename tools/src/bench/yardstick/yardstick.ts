import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../problem.js';

const WARM_UP_MS = 500;
const MEASURED_MS = 2_000;

/**
 * How fast the machine is just now, whatever is being measured on it: events per second that two processes of Node.js hand to each other
 * over a connection and back, each parsing and writing JSON, as the services do. A virtual machine is not as fast at one hour as
 * at the next; figures are compared through this one.
 */
export async function measureYardstick(): Promise<number> {
  const asking = fork(join(__dirname, 'asking.js'), {
    env: { ...process.env, NODE_OPTIONS: '' },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const returned = async () => {
    asking.send('how many?');
    const [events] = await once(asking, 'message');
    return Number(events);
  };
  try {
    return await Promise.race([rateOf(returned), failureOf(asking)]);
  } finally {
    asking.kill('SIGKILL');
  }
}

async function rateOf(returned: () => Promise<number>): Promise<number> {
  await sleep(WARM_UP_MS);
  const [before, started] = [await returned(), performance.now()];
  await sleep(MEASURED_MS);
  return ((await returned()) - before) / ((performance.now() - started) / 1_000);
}

async function failureOf(child: ReturnType<typeof fork>): Promise<never> {
  await once(child, 'exit');
  throw new Problem('The process that measures the machine died; what it said is above.');
}
