import { TcpProxy, targetOf } from '../../tools/src/chaos/proxy/tcp-proxy.js';

/** Stands between a client and its server; when it is cut, the server is away until it is mended. */
export class CutProxy {
  readonly #proxy: TcpProxy;

  private constructor(proxy: TcpProxy) {
    this.#proxy = proxy;
  }

  /** @returns the proxy, and the URL by which the server is reached through it */
  static async before(url: string): Promise<{ readonly proxy: CutProxy; readonly url: string }> {
    const target = targetOf(url, 0);
    const proxy = await TcpProxy.open(() => target);
    return { proxy: new CutProxy(proxy), url: proxy.through(url) };
  }

  cut(): void {
    this.#proxy.set('refuse');
  }

  mend(): void {
    this.#proxy.set('open');
  }

  close(): void {
    this.#proxy.close();
  }
}
