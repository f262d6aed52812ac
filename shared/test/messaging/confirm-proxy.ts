import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Class and method of AMQP 0-9-1 in one number. */
const CONFIRM_SELECT = (85 << 16) | 10;
const BASIC_CONSUME = (60 << 16) | 20;
const BASIC_CANCEL = (60 << 16) | 30;
const BASIC_PUBLISH = (60 << 16) | 40;
const BASIC_ACK = (60 << 16) | 80;
const CONNECTION_BLOCKED = (10 << 16) | 60;
const CONNECTION_UNBLOCKED = (10 << 16) | 61;
const METHOD_FRAME = 1;
const FRAME_END = 0xce;
const PROTOCOL_HEADER_BYTES = 8;

interface Frame {
  readonly channel: number;
  /** Undefined when it is no method. */
  readonly method: number | undefined;
  readonly payload: Buffer;
  readonly bytes: Buffer;
}

/** Cuts a stream into frames; what is not complete yet waits. */
function frameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 7 && rest.length >= 8 + rest.readUInt32BE(3)) {
      const end = 8 + rest.readUInt32BE(3);
      const payload = rest.subarray(7, end - 1);
      const method = rest[0] === METHOD_FRAME ? payload.readUInt32BE(0) : undefined;
      onFrame({ channel: rest.readUInt16BE(1), method, payload, bytes: rest.subarray(0, end) });
      rest = rest.subarray(end);
    }
  };
}

function methodFrame(channel: number, method: number, rest: Buffer): Buffer {
  const head = Buffer.alloc(11);
  head.writeUInt8(METHOD_FRAME, 0);
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(4 + rest.length, 3);
  head.writeUInt32BE(method, 7);
  return Buffer.concat([head, rest, Buffer.from([FRAME_END])]);
}

function ackFrame(channel: number, tag: number): Buffer {
  // The tag, and that it is of one message.
  const rest = Buffer.alloc(9);
  rest.writeBigUInt64BE(BigInt(tag), 0);
  return methodFrame(channel, BASIC_ACK, rest);
}

/** `basic.publish`: a reserved short, then exchange and routing key, each a length and its bytes. */
function routingKeyOf(payload: Buffer): string {
  const at = 7 + payload.readUInt8(6);
  return payload.toString('utf8', at + 1, at + 1 + payload.readUInt8(at));
}

/** `basic.consume`: a reserved short, then queue and consumer tag, each a length and its bytes; the tag as it stood there. */
function consumerTagOf(payload: Buffer): Buffer {
  const at = 7 + payload.readUInt8(6);
  return payload.subarray(at, at + 1 + payload.readUInt8(at));
}

/**
 * Stands between a service and the broker and keeps the confirms of some messages back, as a queue without a leader would, or the news that
 * a consumer was cancelled; and passes on an alarm that is none.
 */
export class ConfirmProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #clients = new Set<Socket>();
  readonly #held = new Set<string>();
  readonly #consumers: (() => void)[] = [];
  #late: (() => void)[] = [];
  #keepsCancels = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(broker: string): Promise<{ readonly proxy: ConfirmProxy; readonly url: string }> {
    const url = new URL(broker);
    const target = { host: url.hostname, port: Number(url.port || 5672) };
    const server = createServer();
    const proxy = new ConfirmProxy(server);
    server.on('connection', (client) => proxy.#join(client, connect(target)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as AddressInfo).port);
    return { proxy, url: url.href };
  }

  /** From now on no message with this routing key is confirmed. */
  hold(routingKey: string): void {
    this.#held.add(routingKey);
  }

  /** From now on nobody is told that the broker has cancelled a consumer. */
  keepCancels(): void {
    this.#keepsCancels = true;
  }

  /** Lets the confirms that were kept back go, and all that follow. */
  release(): void {
    this.#held.clear();
    for (const send of this.#late.splice(0)) send();
  }

  /** Takes the consumers that there are off their queues; the broker says nothing of it to them. */
  takeAway(): void {
    for (const cancel of this.#consumers.splice(0)) cancel();
  }

  /** Says what the broker says to those who publish while an alarm of its memory or disk is on; the alarm itself would be everybody's. */
  block(reason: string): void {
    const text = Buffer.from(reason);
    const frame = methodFrame(0, CONNECTION_BLOCKED, Buffer.concat([Buffer.from([text.length]), text]));
    for (const client of this.#clients) client.write(frame);
  }

  /** The alarm is over. */
  unblock(): void {
    for (const client of this.#clients) client.write(methodFrame(0, CONNECTION_UNBLOCKED, Buffer.alloc(0)));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, broker: Socket): void {
    this.#clients.add(client);
    client.on('close', () => this.#clients.delete(client));
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => other.destroy());
    }
    /** For each channel the routing key of each publish, by its delivery tag, until it is confirmed. */
    const published = new Map<number, { readonly keys: Map<number, string>; last: number }>();
    const readClient = frameReader(({ channel, method, payload }) => {
      if (method === BASIC_CONSUME) {
        const noAnswer = Buffer.from([1]);
        const cancel = methodFrame(channel, BASIC_CANCEL, Buffer.concat([consumerTagOf(payload), noAnswer]));
        this.#consumers.push(() => broker.write(cancel));
      }
      if (method === CONFIRM_SELECT) published.set(channel, { keys: new Map(), last: 0 });
      const known = published.get(channel);
      if (method === BASIC_PUBLISH && known !== undefined) known.keys.set(++known.last, routingKeyOf(payload));
    });
    let greeted = 0;
    client.on('data', (chunk) => {
      broker.write(chunk);
      const header = Math.min(chunk.length, PROTOCOL_HEADER_BYTES - greeted);
      greeted += header;
      readClient(chunk.subarray(header));
    });
    const readBroker = frameReader(({ channel, method, payload, bytes }) => {
      const known = published.get(channel);
      if (method === BASIC_CANCEL && this.#keepsCancels) return;
      if (method !== BASIC_ACK || known === undefined) return client.write(bytes);
      const tag = Number(payload.readBigUInt64BE(4));
      const multiple = payload.readUInt8(12) === 1;
      const tags = multiple ? [...known.keys.keys()].filter((each) => each <= tag) : [tag];
      for (const each of tags) this.#confirm(client, channel, each, known.keys);
    });
    broker.on('data', readBroker);
  }

  #confirm(client: Socket, channel: number, tag: number, keys: Map<number, string>): void {
    const key = keys.get(tag) ?? '';
    keys.delete(tag);
    const send = () => void client.write(ackFrame(channel, tag));
    if (this.#held.has(key)) this.#late.push(send);
    else send();
  }
}
