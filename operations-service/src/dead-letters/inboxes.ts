import { readFile } from 'node:fs/promises';
import type { ServiceConfig } from '@quickstep/shared/config';
import type { IdDigest, IdRange } from '@quickstep/shared/db';
import { feedToken } from '@quickstep/shared/http';

export interface InboxEntry {
  readonly eventId: string;
  readonly step: string;
  readonly handledAt: string;
}

/** By event, the steps of one service that have handled it. */
export type Handled = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** By step of a service as it runs, what it has handled of a span of time. */
export type HandledDigests = ReadonlyMap<string, IdDigest>;

interface DigestEntry {
  readonly step: string;
  readonly events: number;
  readonly mark: string;
}

interface Answer<Item> {
  readonly items: readonly Item[];
  readonly retentionDays?: number;
  readonly beganAt?: string | null;
}

const AT_ONCE = 200;
const TIMEOUT_MS = 10_000;

export interface InboxesOptions {
  readonly urls: ReadonlyMap<string, string>;
  /** What opens the services' feeds; without it none can be asked. */
  readonly token: string | undefined;
}

/** Asks services what they have handled: they alone know. */
export class Inboxes {
  readonly #options: InboxesOptions;
  readonly #retentionDays = new Map<string, number>();
  readonly #beganAt = new Map<string, Date>();

  constructor(options: InboxesOptions) {
    this.#options = options;
  }

  static async open(
    config: Pick<ServiceConfig, 'installationSecretFile'> & { readonly serviceUrls: ReadonlyMap<string, string> },
  ) {
    const { installationSecretFile: file, serviceUrls: urls } = config;
    return new Inboxes({ urls, token: file === undefined ? undefined : feedToken(await readFile(file, 'utf8')) });
  }

  /** For how many days a service remembers what it has handled; undefined when it has not been asked yet. */
  retentionDays(service: string): number | undefined {
    return this.#retentionDays.get(service);
  }

  /** When a service's queue began without what had been published before, as its last digest said. */
  beganAt(service: string): Date | undefined {
    return this.#beganAt.get(service);
  }

  /** @throws Error when the service cannot be asked */
  async handled(service: string, events: readonly string[]): Promise<Handled> {
    const found = new Map<string, Map<string, string>>();
    for (let from = 0; from < events.length; from += AT_ONCE) {
      for (const { eventId, step, handledAt } of await this.#entries(service, events.slice(from, from + AT_ONCE))) {
        const steps = found.get(eventId) ?? new Map<string, string>();
        found.set(eventId, steps.set(step, handledAt));
      }
    }
    return found;
  }

  /** For every step that the service has. @throws Error when the service cannot be asked */
  async digests(service: string, { from, until }: IdRange): Promise<HandledDigests> {
    const span = new URLSearchParams({ from: from.toISOString(), until: until.toISOString() });
    const items = await this.#ask<DigestEntry>(service, `/inbox/digest?${span}`);
    return new Map(items.map(({ step, events, mark }) => [step, { events, mark: BigInt(mark) }]));
  }

  #entries(service: string, events: readonly string[]): Promise<readonly InboxEntry[]> {
    return this.#ask(service, `/inbox?events=${events.join(',')}`);
  }

  async #ask<Item>(service: string, path: string): Promise<readonly Item[]> {
    const { urls, token } = this.#options;
    const url = urls.get(service);
    if (url === undefined || token === undefined) throw new Error(`${service} cannot be asked: SERVICE_URLS does not name it`);
    const response = await fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${token}` },
      // A token must not follow to wherever an answer points.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`${service} answered ${response.status}`);
    const { items, retentionDays, beganAt }: Answer<Item> = JSON.parse(await response.text());
    if (retentionDays !== undefined) this.#retentionDays.set(service, retentionDays);
    if (beganAt) this.#beganAt.set(service, new Date(beganAt));
    return items;
  }
}
