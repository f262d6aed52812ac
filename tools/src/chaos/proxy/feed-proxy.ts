import { type Target, TcpProxy } from './tcp-proxy.js';

/** The way of the operations service to another one, at the same address whichever process of it runs. */
export class FeedProxy extends TcpProxy {
  /** @param target asked for each connection */
  static async open(target: () => Target): Promise<FeedProxy> {
    return new FeedProxy(await FeedProxy.listening(), target);
  }
}
