import { parseArgs } from 'node:util';
import { differences, textOf } from '@quickstep/system/invariants';
import type { Note } from './progress.js';
import { lookTwice, seconds } from './reconciliation/two-looks.js';
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

export const main = command(async (args, signal) => {
  const { values } = parseArgs({ args, options: { help: { type: 'boolean' }, settle: { type: 'string', default: '5' } } });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const settle = seconds('settle', values.settle, 3_600);
  const databases = ServiceDatabases.on(runningDatabase());
  try {
    const look = async (note: Note) => {
      const { orders, found } = await differences(databases.ask, PAGE, (seen) => note(`${seen} orders`));
      return { orders, found: found.map(textOf) };
    };
    return await lookTwice(look, settle, signal, (text) => process.stdout.write(`${text}\n`));
  } finally {
    await databases.close();
  }
});
