import { reasonOf } from './problem.js';
import { seed } from './seed.js';
import { tryFetch, until } from './wait.js';

/** The container's command, apart from the launcher: runs without any installed package, and waits for a service that others start. */
async function main(): Promise<void> {
  const url = process.env.INVENTORY_URL ?? 'http://127.0.0.1:3002';
  const isReady = async () => (await tryFetch(`${url}/health/ready`))?.ok;
  await until(isReady, { timeoutMs: 60_000, everyMs: 500, failure: `The inventory service at ${url} was not ready` });
  const added = await seed(url);
  process.stdout.write(
    added === 0 ? 'The sample catalogue is there already\n' : `Added ${added} items of the sample catalogue\n`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`The sample catalogue could not be added: ${reasonOf(error)}\n`);
  process.exitCode = 1;
});
