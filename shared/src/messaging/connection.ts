import { connect, type RecoveringChannelModel } from 'amqplib';
import type { Observer } from '../pipeline/index.js';
import { BrokerRefused } from './errors.js';

export interface BrokerOptions {
  /** `amqp://user:password@host:port/vhost`, or `amqps:`. */
  readonly url: string;
  /** Names the connections in the management UI. */
  readonly service: string;
  readonly observer: Pick<Observer, 'trouble'>;
}

/** Publishing and consuming have a connection each: the broker slows a publisher down by not reading its socket. */
export interface Broker {
  readonly publishing: RecoveringChannelModel;
  readonly consuming: RecoveringChannelModel;
  /** Whether the account has the service's name: it then has the rights that its declaration asks for, and none to declare anything. */
  readonly ownAccount: boolean;
  close(): Promise<void>;
}

/** RabbitMQ recommends 5 to 20 seconds (https://www.rabbitmq.com/docs/heartbeats#heartbeats-timeout). */
const HEARTBEAT_SECONDS = 5;
const SOCKET = {
  // Nagle's algorithm and delayed acknowledgements together cost tens of milliseconds at every hop.
  noDelay: true,
  // Bytes: all that is published in one turn fits, so that it can leave in one system call (see `gatherWrites`).
  writableHighWaterMark: 1 << 20,
  // Of the handshake, in milliseconds.
  timeout: 10_000,
};
const BACKOFF = { initialDelay: 100, maxDelay: 5_000, factor: 2, jitter: 0.2 };

/**
 * Connects to the broker, waiting for it when it is not up yet; from then on lost connections come back by themselves.
 *
 * @throws TypeError when the URL is none, BrokerRefused when the broker does not let this user in
 */
export async function connectBroker(options: BrokerOptions): Promise<Broker> {
  const [publishing, consuming] = await Promise.allSettled([open(options, 'publish'), open(options, 'consume')]);
  if (publishing.status === 'fulfilled' && consuming.status === 'fulfilled') {
    const close = async () => void (await Promise.all([publishing.value.close(), consuming.value.close()]));
    const ownAccount = userIn(options.url) === options.service;
    return { publishing: publishing.value, consuming: consuming.value, ownAccount, close };
  }
  const opened = [publishing, consuming].flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  await Promise.all(opened.map((connection) => connection.close()));
  throw [publishing, consuming].flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))[0];
}

async function open({ url, service, observer }: BrokerOptions, role: 'publish' | 'consume'): Promise<RecoveringChannelModel> {
  const name = `${service}:${role}`;
  const connection = await connect(address(url), {
    ...SOCKET,
    clientProperties: { connection_name: name },
    recovery: { ...BACKOFF, waitForConnect: false },
  });
  let started = false;
  let reported = '';
  const report = (what: string, error: Error) => {
    // A broker that stays away is worth one line, not one for each attempt.
    if (reported !== error.message) observer.trouble(`${name}: ${what}`, error);
    reported = error.message;
  };
  // What ends a connection is an 'error' first, and then the reason of the 'disconnect'.
  connection.on('error', (error: Error) => report('connection failed', error));
  connection.on('disconnect', (error) => report('connection lost; connecting again', error));
  connection.on('blocked', (reason) => observer.trouble(`${name}: the broker takes no messages until its alarm is over`, reason));
  return new Promise((resolve, reject) => {
    connection.on('connect', () => {
      started = true;
      reported = '';
      resolve(connection);
    });
    connection.on('connect-failed', (error) => {
      const refusal = started ? undefined : refusalIn(error, url);
      if (refusal === undefined) return report('no connection to the broker yet; trying again', error);
      reject(refusal);
      void connection.close();
    });
  });
}

/** The message never carries the URL itself, as it may hold a password. */
function address(url: string): string {
  if (!URL.canParse(url) || !/^amqps?:$/.test(new URL(url).protocol)) {
    throw new TypeError("The broker's URL must look like amqp://user:password@host:5672/vhost (or amqps:); check RABBITMQ_URL");
  }
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', `${HEARTBEAT_SECONDS}`);
  return parsed.href;
}

const userIn = (url: string) => decodeURIComponent(new URL(url).username) || 'guest';

/** A wrong password or virtual host does not mend itself. amqplib keeps the broker's own words for the first only. */
function refusalIn(error: Error, url: string): BrokerRefused | undefined {
  const { hostname, pathname } = new URL(url);
  const user = userIn(url);
  if (/\b403\b|ACCESS_REFUSED|ACCESS-REFUSED/.test(error.message)) {
    return new BrokerRefused(`The broker at ${hostname} refuses user "${user}" (403): check user and password in RABBITMQ_URL`);
  }
  if (/Expected ConnectionOpenOk; got <ConnectionClose/.test(error.message)) {
    const vhost = decodeURIComponent(pathname.slice(1)) || '/';
    const what = `The broker at ${hostname} refuses virtual host "${vhost}" to user "${user}"`;
    return new BrokerRefused(
      `${what}: create it (rabbitmqctl add_vhost) and grant the user permissions on it, or check RABBITMQ_URL`,
    );
  }
  return undefined;
}
