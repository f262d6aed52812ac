import { Problem } from './problem.js';
import { provideSecret } from './provision/secrets.js';

/** The container's command, apart from the launcher: runs without any installed package. */
const file = process.env.INSTALLATION_SECRET_FILE;
if (!file) throw new Problem('INSTALLATION_SECRET_FILE is not set: it names the file to make');
provideSecret(file);
