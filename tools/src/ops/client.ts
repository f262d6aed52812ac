import { hostname, userInfo } from 'node:os';
import { roleToken } from '@quickstep/operations-service/access';
import { causeOf, Problem } from '../problem.js';
import { reachedAt } from '../running-system.js';
import { operationsService } from '../services.js';
import { installationSecret } from './secret.js';

/** An answer of the operations service that is no success. */
interface Refusal {
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** The operations service does not answer now, or says that it cannot: it may later. */
export class Away extends Problem {}

/** The operations API, as operator. */
export interface OperationsClient {
  readonly url: string;
  /** @throws Problem with what the service says when it refuses */
  json<Body>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Body>;
  /** The answer as it comes, for what is streamed. @throws Problem as above */
  stream(path: string, signal: AbortSignal): Promise<Response>;
}

async function refused(response: Response): Promise<Problem> {
  const text = await response.text();
  let told: Refusal = {};
  try {
    told = JSON.parse(text);
  } catch {
    // Not a problem document: whatever answers there is told below.
  }
  const errors = (told.errors ?? []).map(({ pointer, detail }) => `\n  ${pointer} ${detail}`).join('');
  const Kind = response.status === 503 ? Away : Problem;
  return new Kind(`${response.url} answered ${response.status}: ${told.detail ?? told.title ?? text.slice(0, 200)}${errors}`);
}

/** Whoever runs the command, in the letters that the service takes. */
const operatorName = () => `${userInfo().username}@${hostname()}`.replace(/[^\w.@+ -]/g, '_').slice(0, 100);

/** @param url and secret of the installation that the environment names, unless given */
export function operationsClient(
  signal: AbortSignal,
  url = reachedAt(operationsService),
  secret = installationSecret(),
): OperationsClient {
  const headers = {
    authorization: `Bearer ${roleToken(secret, 'operator')}`,
    'x-operator': operatorName(),
  };
  async function send(path: string, init: RequestInit): Promise<Response> {
    const response = await fetch(`${url}${path}`, { ...init, headers: { ...headers, ...init.headers } }).catch(
      (error: unknown) => {
        signal.throwIfAborted();
        throw new Away(
          `The operations service at ${url} cannot be reached (${causeOf(error)}). Is the system running? npm start`,
        );
      },
    );
    if (!response.ok) throw await refused(response);
    return response;
  }
  return {
    url,
    async json(method, path, body) {
      const init = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      const response = await send(path, { method, signal, ...init });
      return JSON.parse(await response.text());
    },
    stream: (path, until) => send(path, { signal: until }),
  };
}
