import { messageOf } from './problem.js';
import { seed } from './seed.js';

/** Runs where nothing but this project's own code is installed: in the container image. */
async function main(): Promise<void> {
  const url = process.env.INVENTORY_URL ?? 'http://127.0.0.1:3002';
  const added = await seed(url);
  process.stdout.write(
    added === 0 ? 'The sample catalogue is there already\n' : `Added ${added} items of the sample catalogue\n`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`The sample catalogue could not be added: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
