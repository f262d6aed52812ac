import { Socket } from 'node:net';
import type { Client } from 'pg';
import { type Backend, livenessOf, WHO } from './liveness.js';

const LOOK_EVERY_MS = 500;
/** An answer that takes longer is asked after. */
const ASK_AFTER_MS = 5_000;
/** The same, while it is likely that others have died with one that has. */
const SUSPECT_ASK_AFTER_MS = 1_000;
const SUSPICION_MS = 30_000;
/** `translate` knows it for a lost connection, as it begins as the driver's own words do. */
const LOST = 'Connection terminated: the server no longer works on what it was asked, and no answer has come';

/**
 * Watches the connections of a pool. One can be dead without a word (the other end lost its power, a firewall has forgotten it): while data
 * are on their way TCP takes a quarter of an hour to notice. When an answer takes long, the server is asked on another connection.
 */
export class Watch {
  readonly #url: string;
  readonly #askAfter: number;
  readonly #looks = new Set<() => Promise<void>>();
  #lostAt = Number.NEGATIVE_INFINITY;
  /** One for all connections: each would wake up the process. */
  #timer: NodeJS.Timeout | undefined;

  constructor(url: string, askAfter = ASK_AFTER_MS) {
    this.#url = url;
    this.#askAfter = askAfter;
  }

  /** To be called when it has just been made. Rejects when it is lost before its backend is known. */
  async over(client: Client): Promise<void> {
    // It may break while nobody else listens, which would end the process.
    client.on('error', () => undefined);
    const { stream } = client.connection;
    if (!(stream instanceof Socket)) return;
    const waiting = new Waiting(client, stream);
    let backend: Backend | undefined;
    let asking = false;
    const look = async () => {
      if (asking || waiting.look() < this.#patience) return;
      asking = true;
      const { since } = waiting;
      const liveness = backend === undefined ? 'over' : await livenessOf(this.#url, backend, () => waiting.isSince(since));
      asking = false;
      if (liveness === 'active') waiting.begin();
      if (liveness !== 'over' || !waiting.isSince(since)) return;
      this.#lostAt = performance.now();
      stream.destroy(new Error(LOST));
    };
    this.#add(look);
    stream.once('close', () => this.#remove(look));
    backend = (await client.query<Backend>(WHO)).rows[0];
  }

  #add(look: () => Promise<void>): void {
    this.#looks.add(look);
    this.#timer ??= setInterval(() => {
      for (const each of this.#looks) void each();
    }, LOOK_EVERY_MS).unref();
  }

  #remove(look: () => Promise<void>): void {
    this.#looks.delete(look);
    if (this.#looks.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  get #patience(): number {
    const suspicious = performance.now() - this.#lostAt < SUSPICION_MS;
    return suspicious ? Math.min(SUSPECT_ASK_AFTER_MS, this.#askAfter) : this.#askAfter;
  }
}

/** For how long a client has been waiting for an answer of which nothing has come. */
class Waiting {
  readonly #stream: Socket;
  #answered: number;
  #heard = '';
  #since = performance.now();

  constructor(client: Client, stream: Socket) {
    this.#stream = stream;
    this.#answered = stream.bytesWritten;
    client.on('drain', () => {
      this.#answered = stream.bytesWritten;
    });
  }

  get since(): number {
    return this.#since;
  }

  begin(): void {
    this.#since = performance.now();
  }

  /** @returns milliseconds */
  look(): number {
    const { bytesRead, bytesWritten } = this.#stream;
    const heard = `${bytesRead} ${bytesWritten}`;
    if (bytesWritten === this.#answered || heard !== this.#heard) this.begin();
    this.#heard = heard;
    return performance.now() - this.#since;
  }

  /** Whether it has been the same wait all the time. */
  isSince(since: number): boolean {
    this.look();
    return this.#since === since;
  }
}
