import { once } from 'node:events';
import { connect as connectTo, createServer, type Socket } from 'node:net';

/** A way to PostgreSQL on which answers can be withheld and connections be cut, or die without a word. */
export async function wireTo(url: string) {
  const target = new URL(url);
  const { hostname, port } = target;
  const sockets = new Set<Socket>();
  const pairs = new Set<{ readonly upstream: Socket; silent: boolean }>();
  let deaf = false;
  let last: string | undefined;
  const server = createServer((client) => {
    const upstream = connectTo(Number(port || '5432'), hostname);
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    sockets.add(client);
    const pair = { upstream, silent: false };
    pairs.add(pair);
    client.on('data', (data) => {
      if (last !== undefined && data.includes(last)) client.destroy();
      else if (!pair.silent) upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (deaf) client.destroy();
      else if (!pair.silent) client.write(data);
    });
    client.on('close', () => upstream.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('The server listens on no port');
  target.hostname = '127.0.0.1';
  target.port = String(address.port);
  return {
    url: target.href,
    /** The next answer is lost, and with it the connection. */
    loseAnswers: () => {
      deaf = true;
    },
    /** Whatever is said on the connections that there are vanishes; those that are made from now on are well. */
    silence: (server: 'has ended them' | 'knows nothing') => {
      for (const pair of pairs) {
        pair.silent = true;
        if (server === 'has ended them') pair.upstream.destroy();
      }
    },
    /** A statement with these words in it does not arrive: its connection ends. */
    breakAt: (words: string) => {
      last = words;
    },
    /** Ends every connection at once. */
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: () => server.close(),
  };
}
