import type { Express } from 'express';
import type { ServiceConfig } from '../../config/index.js';
import { listen, messageClassesOf } from '../../http/index.js';
import type { Assembly } from '../part.js';
import { explainPort } from '../start-error.js';

/**
 * Serves the app; the last to start, so that whoever gets an answer finds everything there.
 *
 * @returns `http://host:port`
 */
export async function serve(app: Express, config: ServiceConfig, assembly: Assembly): Promise<string> {
  const server = await listen(app, config, messageClassesOf(app)).catch((error: unknown) => {
    throw explainPort(error, config);
  });
  await assembly.add({
    name: 'HTTP server',
    stop(signal) {
      signal.addEventListener('abort', () => server.abort(), { once: true });
      return server.close();
    },
  });
  return server.url;
}
