import { readFile } from 'node:fs/promises';
import type { ServiceConfig } from '../../config/index.js';
import { type Call, carries, feedToken, problem, problems } from '../../http/index.js';
import { reasonOf } from '../../pipeline/index.js';
import { StartError } from '../start-error.js';

/** What the documents say of a route that only readers of the feeds may use. */
export const feedRefusal = { status: problems.unauthorized.status, code: 'unauthorized', when: problems.unauthorized.title };

/** Lets in who knows the installation's secret: for what a service tells of its events. */
export class FeedAccess {
  readonly #file: string | undefined;
  #token: string | undefined;

  constructor({ installationSecretFile }: Pick<ServiceConfig, 'installationSecretFile'>) {
    this.#file = installationSecretFile;
  }

  /** @throws StartError when the file of the secret cannot be read or is empty */
  async open(): Promise<void> {
    if (this.#file === undefined) return;
    const secret = await readFile(this.#file, 'utf8').catch((error: unknown) => {
      throw new StartError(`INSTALLATION_SECRET_FILE cannot be read: ${reasonOf(error)}`);
    });
    if (secret.trim() === '') throw new StartError('INSTALLATION_SECRET_FILE names an empty file');
    this.#token = feedToken(secret);
  }

  /** @throws Problem `unauthorized` */
  admit(call: Call): void {
    if (this.#token !== undefined && carries(call.request.headers.authorization, this.#token)) return;
    const detail =
      this.#token === undefined
        ? 'The feed is closed, as this service knows no INSTALLATION_SECRET_FILE'
        : 'Send Authorization: Bearer with the token made of the secret of this installation';
    throw problem('unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="log"' } });
  }
}
