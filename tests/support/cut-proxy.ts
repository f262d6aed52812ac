import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a client and its server; when it is cut, the server is away. */
export class CutProxy {
  readonly #sockets = new Set<Socket>();
  readonly #server;
  #cut = false;

  private constructor(target: URL) {
    this.#server = createServer((client) => {
      if (this.#cut) return void client.destroy();
      const server = connect(Number(target.port), target.hostname);
      client.pipe(server).pipe(client);
      for (const socket of [client, server]) this.#watch(socket, socket === client ? server : client);
    });
  }

  /** @returns the proxy, and the URL by which the server is reached through it */
  static async before(url: string): Promise<{ readonly proxy: CutProxy; readonly url: string }> {
    const target = new URL(url);
    const proxy = new CutProxy(new URL(url));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    const address: AddressInfo | string | null = proxy.#server.address();
    target.host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    return { proxy, url: target.href };
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #watch(socket: Socket, other: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      other.destroy();
    });
  }
}
