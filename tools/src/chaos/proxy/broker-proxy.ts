import { cancelFrame, consumerTagOf, type Frame, frameFilter, methods } from './amqp-frames.js';
import { type Link, type Target, TcpProxy } from './tcp-proxy.js';

/** The way of a service to the broker, on which acknowledgements can get lost and consumers be cancelled. */
export class BrokerProxy extends TcpProxy {
  readonly #consumers = new Map<Link, Map<number, string>>();
  #losing = false;
  #lostAcks = 0;
  #subscriptions = 0;

  /** @param target asked for each connection: in a cluster whichever node is up */
  static override async open(target: () => Target): Promise<BrokerProxy> {
    return new BrokerProxy(await BrokerProxy.listening(), target);
  }

  /** Of consumers, as the broker has confirmed them so far. */
  get subscriptions(): number {
    return this.#subscriptions;
  }

  /** From now on acknowledgements do not reach the broker, as if the connection had broken just before each. */
  loseAcks(): void {
    this.#lostAcks = 0;
    this.#losing = true;
  }

  /** Breaks the connections, so that the broker delivers again what it thinks was never settled. @returns acknowledgements lost */
  cutAfterLosingAcks(): number {
    this.#losing = false;
    this.cut();
    return this.#lostAcks;
  }

  /** Tells every consumer that the broker has cancelled it. @returns how many there were */
  cancelConsumers(): number {
    let cancelled = 0;
    for (const [{ client }, consumers] of this.#consumers) {
      for (const [channel, tag] of consumers) client.write(cancelFrame(channel, tag));
      cancelled += consumers.size;
      consumers.clear();
    }
    return cancelled;
  }

  protected override joined(link: Link): void {
    const consumers = new Map<number, string>();
    this.#consumers.set(link, consumers);
    link.client.once('close', () => this.#consumers.delete(link));
    link.toServer = frameFilter((frame) => this.#toBroker(frame, consumers));
    link.toClient = frameFilter((frame) => this.#toService(frame, consumers));
  }

  #toBroker({ channel, method, bytes }: Frame, consumers: Map<number, string>): Buffer | undefined {
    if (method === methods.channelClose || method === methods.channelCloseOk) consumers.delete(channel);
    if (!this.#losing || method !== methods.ack) return bytes;
    this.#lostAcks++;
    return undefined;
  }

  #toService(frame: Frame, consumers: Map<number, string>): Buffer {
    if (frame.method === methods.consumeOk) {
      this.#subscriptions++;
      consumers.set(frame.channel, consumerTagOf(frame));
    }
    return frame.bytes;
  }
}
