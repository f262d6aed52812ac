import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Role, roleToken } from '@quickstep/operations-service/access';
import { operationsConfig, startOperationsService } from '@quickstep/operations-service/service';
import { type FreshDatabase, freshDatabase, freshVhost, testEnvironment } from '@quickstep/shared/testing';
import { serviceNames, services } from '@quickstep/system';
import { freePort } from '../../tools/src/provision/ports.js';
import type { Answer, Shop } from './shop.js';

const SECRET = randomUUID();

/** A file with the secret of the tests' installation; a shop whose feeds are to be read is opened with it. */
export function secretFile(): { readonly env: NodeJS.ProcessEnv; remove(): void } {
  const file = join(tmpdir(), `quickstep-secret-${randomUUID()}`);
  writeFileSync(file, SECRET, { mode: 0o600 });
  return { env: { INSTALLATION_SECRET_FILE: file }, remove: () => rmSync(file, { force: true }) };
}

/** The secret of the tests' installation: tokens are made of it. */
export const secretOf = (): string => SECRET;

type Running = Awaited<ReturnType<typeof startOperationsService>>;

/** A caller's header. */
export const bearer = (role: Role) => ({ authorization: `Bearer ${roleToken(SECRET, role)}` });

type CallOperations = <Body = unknown>(
  method: string,
  path: string,
  body?: unknown,
  role?: Role | 'nobody',
) => Promise<Answer<Body>>;

/** Calls the operations API. @param url where it is now */
export function caller(url: () => string): { readonly call: CallOperations } {
  return {
    async call(method, path, body, role) {
      const token = role === 'nobody' ? {} : bearer(role ?? 'operator');
      const content = body === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await fetch(`${url()}${path}`, {
        method,
        headers: { 'x-operator': 'tests', ...token, ...content },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: JSON.parse(await answer.text()) };
    },
  };
}

/** What the operations service needs beside a shop, as a process of its own. @param env opened with the same secret */
export async function operationsEnvironment(shop: Shop, env: NodeJS.ProcessEnv) {
  const database = await freshDatabase();
  const urls = serviceNames.map((name) => `${services[name].choreography.service}=${shop.service(name).url}`).join(',');
  const own = { ...testEnvironment(shop.vhost.url, database.url), SERVICE_URLS: urls, ...env };
  return { env: own, drop: () => database.drop() };
}

/** The operations service beside a shop, with a database of its own. */
export class Operations {
  readonly database: FreshDatabase;
  readonly #env: NodeJS.ProcessEnv;
  readonly #port: string;
  #running: Running;

  private constructor(database: FreshDatabase, env: NodeJS.ProcessEnv, port: string, running: Running) {
    this.database = database;
    this.#env = env;
    this.#port = port;
    this.#running = running;
  }

  /** @param shop opened with the same secret */
  static async open(shop: Shop, env: NodeJS.ProcessEnv): Promise<Operations> {
    const database = await freshDatabase();
    const urls = serviceNames.map((name) => `${services[name].choreography.service}=${shop.service(name).url}`).join(',');
    const own = { ...testEnvironment(shop.vhost.url, database.url), SERVICE_URLS: urls, ...env };
    return Operations.#started(database, own);
  }

  /** Beside no shop: none of the services that it follows is there. */
  static async alone(env: NodeJS.ProcessEnv): Promise<Operations> {
    const vhost = await freshVhost();
    const database = await freshDatabase();
    const urls = serviceNames.map((name) => `${services[name].choreography.service}=http://127.0.0.1:9`).join(',');
    const own = { ...testEnvironment(vhost.url, database.url), SERVICE_URLS: urls, ...env };
    const dropAll = async () => void (await Promise.all([database.drop(), vhost.drop()]));
    return Operations.#started({ ...database, drop: dropAll }, own);
  }

  static async #started(database: FreshDatabase, env: NodeJS.ProcessEnv): Promise<Operations> {
    const PORT = String(await freePort());
    return new Operations(database, env, PORT, await startOperationsService(operationsConfig({ ...env, PORT })));
  }

  get url(): string {
    return this.#running.url;
  }

  /** What it was started with, but for its port: for others beside it. */
  get env(): NodeJS.ProcessEnv {
    return this.#env;
  }

  /** An answer as it comes, for what is streamed. */
  open(path: string, headers: Readonly<Record<string, string>> = {}, signal?: AbortSignal): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      headers: { ...bearer('reader'), ...headers },
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Starts another process of it, on the same database, in this process. */
  replica(env: NodeJS.ProcessEnv = {}): Promise<Running> {
    return startOperationsService(operationsConfig({ ...this.#env, ...env }));
  }

  stop(): Promise<void> {
    return this.#running.stop();
  }

  /** @param role undefined asks without a token */
  call<Body = unknown>(method: string, path: string, body?: unknown, role?: Role | 'nobody'): Promise<Answer<Body>> {
    return caller(() => this.url).call<Body>(method, path, body, role);
  }

  /** Stops and starts it, on the same database. */
  async restart(env: NodeJS.ProcessEnv = {}): Promise<void> {
    await this.#running.stop();
    await this.startAgain(env);
  }

  /** Starts it where it was before it was stopped. */
  async startAgain(env: NodeJS.ProcessEnv = {}): Promise<void> {
    this.#running = await startOperationsService(operationsConfig({ ...this.#env, PORT: this.#port, ...env }));
  }

  async close(): Promise<void> {
    await this.#running.stop();
    await this.database.drop();
  }
}
