import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Problem } from '../../problem.js';

/**
 * Machine calibration: events per second that two processes of Node.js hand to each other over a connection and back, each parsing and
 * writing JSON, as the services do. A virtual machine may be half as fast an hour later; with this figure runs can be compared.
 *
 * @throws Problem when the processes die, AbortError when the signal says so
 */
export async function measureMachine(signal: AbortSignal): Promise<number> {
  const asking = fork(join(__dirname, 'asking.js'), {
    env: { ...process.env, NODE_OPTIONS: '' },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(asking, 'exit');
  const died = ended.then(() => {
    throw new Problem('The machine calibration failed: its process died. Its output is above.');
  });
  try {
    const [eventsPerSecond] = await Promise.race([once(asking, 'message', { signal }), died]);
    return Number(eventsPerSecond);
  } finally {
    asking.kill('SIGKILL');
    await ended;
  }
}
