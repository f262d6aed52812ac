import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseProxy } from '../../src/chaos/proxy/database-proxy.js';

/** Answers whatever it is sent with the same. */
let server: Server;
let proxy: DatabaseProxy;
const accepted: Socket[] = [];

beforeEach(async () => {
  server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  proxy = await DatabaseProxy.open(() => ({ host: '127.0.0.1', port }));
});
afterEach(() => {
  proxy.close();
  for (const socket of accepted.splice(0)) socket.destroy();
  server.close();
});

async function client(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [answer]: Buffer[] = await once(socket, 'data');
  return String(answer);
}

function reset(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

describe('a line', () => {
  test('that is open passes everything on; cut, it ends for both', async () => {
    const socket = await client();
    expect(await ask(socket, 'hello')).toBe('hello');
    expect(proxy.cut()).toBe(1);
    await Promise.all([reset(socket), ...accepted.map(reset)]);
  });

  test('that refuses ends what there is and what comes', async () => {
    const before = await client();
    await ask(before, 'hello');
    proxy.set('refuse');
    await reset(before);
    await reset(connect(proxy.port, '127.0.0.1').on('error', () => undefined));
    proxy.set('open');
    expect(await ask(await client(), 'again')).toBe('again');
  });

  test('that stalls keeps everything back and passes it on later', async () => {
    const socket = await client();
    await ask(socket, 'hello');
    proxy.set('stall');
    let answered = false;
    const answer = ask(socket, 'late').then((text) => {
      answered = true;
      return text;
    });
    const other = await client();
    other.write('not through either');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    proxy.set('open');
    expect(await answer).toBe('late');
    expect(String((await once(other, 'data'))[0])).toBe('not through either');
  });

  test('that swallows is gone for the server at once, and for the client when the line is open again and it has said something', async () => {
    const [silent, talking] = [await client(), await client()];
    for (const socket of [silent, talking]) await ask(socket, 'hello');
    proxy.set('swallow');
    await Promise.all(accepted.map(reset));
    talking.write('into the void');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([silent.destroyed, talking.destroyed]).toEqual([false, false]);
    proxy.set('open');
    await reset(talking);
    expect(silent.destroyed).toBe(false);
    silent.write('anybody there?');
    await reset(silent);
  });
});

test('the answer to a commit is lost with its connection, and no other answer', async () => {
  const committed = 'C\0\0\0\u000bCOMMIT\0';
  proxy.loseCommits(1);
  const [first, second] = [await client(), await client()];
  expect(await ask(first, 'C\0\0\0\u000dROLLBACK\0')).toContain('ROLLBACK');
  first.write(committed);
  await reset(first);
  expect(await ask(second, committed)).toBe(committed);
  expect(proxy.stopLosingCommits()).toBe(1);
});
