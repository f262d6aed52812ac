import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Target {
  readonly host: string;
  readonly port: number;
}

/**
 * open: what comes is passed on. refuse: nobody answers. stall: everything is kept back and comes later. swallow: the other end is gone
 * without a word, as after a power cut; both ends notice only what their own timers tell. forget: so too, and those connections are
 * never answered again, not even by a reset, as when a firewall on the way has forgotten them.
 */
export type Line = 'open' | 'refuse' | 'stall' | 'swallow' | 'forget';

/** Passes on what came in one direction, or something else in its place; undefined passes on nothing. */
export type Filter = (chunk: Buffer) => Buffer | undefined;

/** One connection through the proxy. */
export interface Link {
  readonly client: Socket;
  readonly server: Socket;
  toServer: Filter;
  toClient: Filter;
  /** Cut off while the line swallowed; anything that the client sends is answered by a reset once the line is open again. */
  orphaned: boolean;
  /** Never answered any more. */
  forgotten: boolean;
  /** Sent into the void: TCP sends it again, so that the reset comes by itself. */
  swallowed: boolean;
  /** When the client sent or was sent something last. */
  heardAt: number;
}

/**
 * A connection that waits for an answer sends nothing. Whoever keeps it alive finds out all the same: the first probe after this silence
 * is answered with a reset. (As the services set it for the database; at the proxy the kernel would answer the probe as if all were well.)
 */
const KEEP_ALIVE_MS = 10_000;

const pass: Filter = (chunk) => chunk;

/** Stands between a service and a server, on a port of its own, and does to their connections what a bad network does. */
export class TcpProxy {
  readonly #server: Server;
  readonly #target: () => Target;
  readonly #links = new Set<Link>();
  #line: Line = 'open';
  #opened = 0;

  protected constructor(server: Server, target: () => Target) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => this.#join(client));
  }

  static async open(target: () => Target): Promise<TcpProxy> {
    return new TcpProxy(await TcpProxy.listening(), target);
  }

  protected static async listening(): Promise<Server> {
    const server = createServer();
    server.listen({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    return server;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new TypeError('The proxy listens on no port');
    return address.port;
  }

  /** Connections that were made so far. */
  get opened(): number {
    return this.#opened;
  }

  get links(): ReadonlySet<Link> {
    return this.#links;
  }

  set(line: Line): void {
    this.#line = line;
    for (const link of this.#links) this.#apply(link);
  }

  /** Ends every connection at once, for both ends. @returns how many there were */
  cut(): number {
    const cut = this.#links.size;
    for (const { client, server } of this.#links) for (const socket of [client, server]) socket.resetAndDestroy();
    return cut;
  }

  /** The same URL, by way of the proxy. */
  through(url: string): string {
    const via = new URL(url);
    via.hostname = '127.0.0.1';
    via.port = `${this.port}`;
    return via.href;
  }

  close(): void {
    this.#server.close();
    for (const { client, server } of this.#links) for (const socket of [client, server]) socket.destroy();
  }

  /** For those who look into what is said. */
  protected joined(_link: Link): void {}

  #join(client: Socket): void {
    if (this.#line === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    this.#opened++;
    const server = connect({ ...this.#target(), noDelay: true });
    const link: Link = {
      client,
      server,
      toServer: pass,
      toClient: pass,
      orphaned: false,
      forgotten: false,
      swallowed: false,
      heardAt: performance.now(),
    };
    this.#links.add(link);
    client.setNoDelay(true);
    for (const socket of [client, server]) socket.on('error', () => undefined);
    client.on('close', () => {
      this.#links.delete(link);
      server.destroy();
    });
    server.on('close', () => {
      if (!link.orphaned) client.destroy();
    });
    this.joined(link);
    client.on('data', (chunk) => this.#fromClient(link, chunk));
    server.on('data', (chunk) => {
      link.heardAt = performance.now();
      forward(client, link.toClient(chunk));
    });
    this.#apply(link);
  }

  #fromClient(link: Link, chunk: Buffer): void {
    link.heardAt = performance.now();
    if (!link.orphaned) {
      forward(link.server, link.toServer(chunk));
      return;
    }
    link.swallowed = true;
    if (this.#line !== 'swallow' && !link.forgotten) link.client.resetAndDestroy();
  }

  #apply(link: Link): void {
    const { client, server } = link;
    if (this.#line === 'swallow' || this.#line === 'forget') {
      link.orphaned = true;
      link.forgotten ||= this.#line === 'forget';
      server.destroy();
    } else if (link.forgotten) {
      return;
    } else if (this.#line === 'refuse' || (link.orphaned && link.swallowed)) {
      for (const socket of [client, server]) socket.resetAndDestroy();
    } else if (this.#line === 'stall') {
      for (const socket of [client, server]) socket.pause();
    } else if (link.orphaned) {
      setTimeout(() => client.resetAndDestroy(), link.heardAt + KEEP_ALIVE_MS - performance.now()).unref();
    } else {
      for (const socket of [client, server]) socket.resume();
    }
  }
}

/** The server that a URL names. @param standard port */
export function targetOf(url: string, standard: number): Target {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) || standard };
}

function forward(to: Socket, chunk: Buffer | undefined): void {
  if (chunk !== undefined && chunk.length > 0 && to.writable) to.write(chunk);
}
