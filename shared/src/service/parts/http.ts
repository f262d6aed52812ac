import type { Express } from 'express';
import type { ServiceConfig } from '../../config/index.js';
import { type HttpServer, listen, messageClassesOf } from '../../http/index.js';
import type { Part } from '../part.js';
import { explainPort } from '../start-error.js';

export interface HttpPart extends Part {
  /** `http://host:port`, once started. */
  url(): string;
}

/** Serves the app; the last to start, so that whoever gets an answer finds everything there. */
export function httpPart(app: Express, config: ServiceConfig): HttpPart {
  let server: HttpServer | undefined;
  return {
    name: 'HTTP server',
    url: () => server?.url ?? '',
    async start() {
      server = await listen(app, config, messageClassesOf(app)).catch((error: unknown) => {
        throw explainPort(error, config);
      });
    },
    stop(signal) {
      signal.addEventListener('abort', () => server?.abort(), { once: true });
      return server?.close();
    },
  };
}
