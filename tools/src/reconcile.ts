import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { differences, lasting, textOf } from '@quickstep/system/invariants';
import { Problem } from './problem.js';
import { createProgress } from './progress.js';
import { command } from './run.js';
import { runningDatabase, ServiceDatabases } from './service-databases.js';

const help = `npm run reconcile [-- --settle SECONDS]

Compares orders, stock, money and parcels across the services, for every order that has ended, in the databases of a running system: for
example stock that is still reserved for a completed order. Ends with 1 when something differs.

  --settle SECONDS   between two looks; what both find is a difference, anything else was under way (default: 5)
  POSTGRES_URL       the server of the services' databases (default: that of npm start)

npm run ops -- reconcile compares through the services' HTTP and the archive instead, for operators who have no database account. This one also
reads what gateway and carrier remember, which no service shows.
`;

const PAGE = 50_000;
const SHOWN = 50;

export const main = command(async (args, signal) => {
  const { values } = parseArgs({ args, options: { help: { type: 'boolean' }, settle: { type: 'string', default: '5' } } });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const seconds = Number(values.settle);
  if (!(seconds >= 0 && seconds <= 3_600)) throw new Problem('--settle must be a number of seconds from 0 to 3600');
  const progress = createProgress(process.stderr);
  const databases = new ServiceDatabases(runningDatabase());
  try {
    const look = (label: string) =>
      progress.step(label, (note) => differences(databases.ask, PAGE, (orders) => note(`${label}: ${orders} orders`)));
    const first = await look('first look');
    if (first.found.length === 0) return report(first.orders, []);
    await progress.step(`what is under way may arrive, ${seconds} s`, () => pause(seconds * 1_000, undefined, { signal }));
    const { orders, found } = lasting(first, await look('second look'));
    return report(orders, found.map(textOf));
  } finally {
    await databases.close();
  }
});

function report(orders: number, found: readonly string[]): number {
  for (const each of found.slice(0, SHOWN)) process.stdout.write(`  ${each}\n`);
  if (found.length > SHOWN) process.stdout.write(`  and ${found.length - SHOWN} more\n`);
  process.stdout.write(
    `${orders} orders have ended; ${found.length === 0 ? 'nothing differs' : `${found.length} differences`}\n`,
  );
  return found.length === 0 ? 0 : 1;
}
