import { consoleUrl } from './console-url.js';
import { type DemoOrder, demoOrders } from './demo-orders.js';
import { isWhole, type Told, verdict } from './demo-verdict.js';
import { type OperationsClient, operationsClient } from './ops/client.js';
import { showSaga } from './ops/sagas.js';
import { installationSecret } from './ops/secret.js';
import { askService } from './ops/service-call.js';
import { Problem } from './problem.js';
import { paint } from './progress.js';
import { command } from './run.js';
import { reachedAt } from './running-system.js';
import { serviceNamed } from './services.js';
import { tryFetch, until } from './wait.js';

interface Order {
  id: string;
  status: string;
}

const BOLD = 1;

const help = `npm run demo

Places five orders in a running system, one that is shipped and four that are cancelled (no stock, card declined, country not served, by the
customer), and shows what happened to each, as npm run ops -- sagas show does.

  ORDER_URL, INVENTORY_URL, OPERATIONS_URL   where the services are (default: where npm start runs them)
  INSTALLATION_SECRET_FILE                   the secret of the installation (default: that of npm start)
`;

export const main = command(async (args, signal) => {
  if (args.includes('--help')) {
    process.stdout.write(help);
    return 0;
  }
  const orderUrl = reachedAt(serviceNamed('order-service'));
  const inventoryUrl = reachedAt(serviceNamed('inventory-service'));
  await checkRunning([orderUrl, inventoryUrl]);
  const { available } = await askService<{ available: number }>('GET', `${inventoryUrl}/inventory/SKU-100`, signal);
  const operations = operationsClient(signal);
  const asExpected: boolean[] = [];
  for (const order of demoOrders(available)) asExpected.push(await play({ orderUrl, operations, signal }, order));
  const url = consoleUrl(operations.url, installationSecret(), 'operator');
  process.stdout.write(`\nThese orders in the console, signed in as operator:\n\n  ${url}\n`);
  return asExpected.every(Boolean) ? 0 : 1;
});

interface Shop {
  readonly orderUrl: string;
  readonly operations: OperationsClient;
  readonly signal: AbortSignal;
}

/** Places the order, waits for its end and prints what happened; answers whether it ended as it should. */
async function play({ orderUrl, operations, signal }: Shop, demo: DemoOrder): Promise<boolean> {
  const { id } = await askService<Order>('POST', `${orderUrl}/orders`, signal, demo.request);
  const url = `${orderUrl}/orders/${id}`;
  const reaches = (statuses: string[]) => async () => {
    const order = await askService<Order>('GET', url, signal);
    return statuses.includes(order.status) && order;
  };
  if (demo.cancel) {
    await until(reaches(['RESERVED']), { timeoutMs: 30_000, everyMs: 10, signal, failure: `Order ${id} was not RESERVED` });
    await askService('POST', `${url}/cancel`, signal);
  }
  const print = (text: string) => void process.stdout.write(`${text}\n`);
  print(`\n${paint(process.stdout, BOLD, demo.title)}`);
  const { status } = await until(reaches(['COMPLETED', 'CANCELLED']), {
    timeoutMs: 60_000,
    everyMs: 10,
    signal,
    failure: `Order ${id} has not ended; ask ${url} what it waits for. It had not ended`,
  });
  const everything = async () => {
    // Of an order that has only just been placed there may be nothing yet.
    const saga = await operations.json<Told>('GET', `/sagas/${id}`).catch(() => undefined);
    return saga !== undefined && isWhole(saga) && saga;
  };
  const failure = `The operations service does not have all events of order ${id}`;
  const saga = await until(everything, { timeoutMs: 30_000, everyMs: 50, signal, failure });
  await showSaga.run([id], { client: () => operations, signal, print });
  print(verdict(status, demo.ending, saga));
  return status === demo.ending;
}

async function checkRunning(urls: string[]): Promise<void> {
  for (const url of urls) {
    if (!(await tryFetch(`${url}/health/live`)))
      throw new Problem(`Nothing answers at ${url}. Start the system with \`npm start\` in another terminal.`);
  }
}
