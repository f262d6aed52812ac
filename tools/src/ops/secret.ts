import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateDirectory } from '../paths.js';
import { Problem } from '../problem.js';

/** What stands in `INSTALLATION_SECRET_FILE`, or in the file of what `npm start` runs. @throws Problem when it cannot be read */
export function installationSecret(): string {
  const file = process.env.INSTALLATION_SECRET_FILE || join(stateDirectory, 'start', 'secrets', 'installation-secret');
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Problem(
      `${file} cannot be read: it holds the secret of the installation. Start the system with \`npm start\`, or name the file in INSTALLATION_SECRET_FILE.`,
    );
  }
}
