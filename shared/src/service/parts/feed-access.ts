import { readFile } from 'node:fs/promises';
import type { ServiceConfig } from '../../config/index.js';
import { type Call, carries, feedToken, problem, problems } from '../../http/index.js';
import { reasonOf } from '../../pipeline/index.js';
import { StartError } from '../start-error.js';

/** What the documents say of a route that only readers of the feeds may use. */
export const feedRefusal = { status: problems.unauthorized.status, code: 'unauthorized', when: problems.unauthorized.title };

/** Lets in who knows the installation's secret: for what a service tells of its events. */
export class FeedAccess {
  readonly #token: string | undefined;

  private constructor(token: string | undefined) {
    this.#token = token;
  }

  /** @throws StartError when the file of the secret cannot be read or is empty */
  static async open({ installationSecretFile: file }: Pick<ServiceConfig, 'installationSecretFile'>): Promise<FeedAccess> {
    if (file === undefined) return new FeedAccess(undefined);
    const secret = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new StartError(`INSTALLATION_SECRET_FILE cannot be read: ${reasonOf(error)}`);
    });
    if (secret.trim() === '') throw new StartError('INSTALLATION_SECRET_FILE names an empty file');
    return new FeedAccess(feedToken(secret));
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
