import { connect, type Socket } from 'node:net';
import type { Target } from './protocol.js';

export interface Answer {
  status: number;
  /** The id at the end of the `Location` header. */
  orderId: string | undefined;
}

/** Node.js's server closes a connection that was idle for five seconds. */
const staleAfterMs = 4_000;

const endOfHead = Buffer.from('\r\n\r\n');

/**
 * One keep-alive connection of HTTP/1.1, one request at a time. It reads what it needs of the answer and no more: a general client
 * would take several times the processor time, from the very processors that are being measured.
 */
export class Connection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #answered: ((answer: Answer) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  #usedAt = performance.now();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => this.#failed?.(error));
    socket.on('close', () => this.#failed?.(new Error('The order service closed the connection in the middle of a request')));
  }

  static open({ host, port }: Target): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** Idle for so long that the server may close it at this very moment, or has closed it. */
  get stale(): boolean {
    return this.#socket.destroyed || performance.now() - this.#usedAt > staleAfterMs;
  }

  request(bytes: Buffer): Promise<Answer> {
    this.#usedAt = performance.now();
    return new Promise((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(bytes);
    });
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headLength = this.#received.indexOf(endOfHead);
    if (headLength < 0) return;
    const head = this.#received.toString('latin1', 0, headLength);
    const bodyLength = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1]);
    if (Number.isNaN(bodyLength)) {
      this.#fail(new Error(`An answer without Content-Length:\n${head}`));
      return;
    }
    if (this.#received.length < headLength + endOfHead.length + bodyLength) return;
    this.#received = Buffer.alloc(0);
    this.#failed = undefined;
    this.#answered?.({ status: Number(head.slice(9, 12)), orderId: /\r\nlocation: *\S*\/([0-9a-f-]{36})\b/i.exec(head)?.[1] });
  }

  #fail(error: Error): void {
    this.#failed?.(error);
    this.#socket.destroy();
  }
}
