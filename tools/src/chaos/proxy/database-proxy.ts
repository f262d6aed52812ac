import { type Link, type Target, TcpProxy } from './tcp-proxy.js';

/** CommandComplete with the tag of a commit: the transaction is on disk (https://www.postgresql.org/docs/current/protocol-message-formats.html). */
const COMMITTED = Buffer.from('C\0\0\0\u000bCOMMIT\0', 'latin1');

/** The way of a service to PostgreSQL, on which the answer to a commit can get lost. */
export class DatabaseProxy extends TcpProxy {
  #left = 0;
  #lost = 0;

  static override async open(target: () => Target): Promise<DatabaseProxy> {
    return new DatabaseProxy(await DatabaseProxy.listening(), target);
  }

  /** The answers to the next commits are lost, and with each its connection: what was committed stays committed. */
  loseCommits(count: number): void {
    this.#left = count;
    this.#lost = 0;
  }

  /** Ends that. @returns how many answers were lost */
  stopLosingCommits(): number {
    this.#left = 0;
    return this.#lost;
  }

  protected override joined(link: Link): void {
    link.toClient = (chunk) => {
      if (this.#left === 0 || !chunk.includes(COMMITTED)) return chunk;
      this.#left--;
      this.#lost++;
      for (const socket of [link.client, link.server]) socket.destroy();
      return undefined;
    };
  }
}
