import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type HttpServer, type ListenOptions, listen } from '@quickstep/shared/http';
import { tinyApp } from './tiny-app.js';

/** Node.js on its own looks at its connections every 30 s. */
const SOON = 20_000;

let server: HttpServer;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

async function start(app: RequestListener, options: Partial<ListenOptions> = {}): Promise<void> {
  server = await listen(app, { host: '127.0.0.1', port: 0, ...options });
}

function open(): Socket {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  sockets.push(socket);
  return socket.on('error', () => undefined);
}

/** Everything that the server says on a connection until it closes it. */
async function answerTo(text: string | Buffer): Promise<string> {
  const socket = open();
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

function expectProblem(answer: string, status: number, code: string): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(head.toLowerCase()).toContain('content-type: application/problem+json');
  expect(head.toLowerCase()).toContain('connection: close');
  expect(JSON.parse(body)).toMatchObject({ type: `urn:quickstep:problem:${code}`, status, code, detail: expect.any(String) });
}

describe('a client that is slow', () => {
  test(
    'with its headers is told so, and let go, when they are overdue',
    async () => {
      await start(tinyApp().app, { headersTimeout: 100 });
      expectProblem(await answerTo('GET /books HTTP/1.1\r\nhost: localhost\r\n'), 408, 'request_timeout');
    },
    SOON,
  );

  test(
    'with its body is told so, and let go, when the request is overdue',
    async () => {
      await start(tinyApp().app, { headersTimeout: 100, requestTimeout: 200 });
      const head = 'POST /accounts HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n';
      expectProblem(await answerTo(`${head}{`), 408, 'request_timeout');
    },
    SOON,
  );

  test(
    'to read its answer is let go',
    async () => {
      const { app } = tinyApp([], { answerTimeout: 100 });
      const closed = new Promise<void>((resolve) => {
        void start((request, response) => {
          request.socket.once('close', () => resolve());
          app(request, response);
        }).then(() => open().pause().write('GET /encyclopedia HTTP/1.1\r\nhost: localhost\r\n\r\n'));
      });
      await closed;
    },
    SOON,
  );
});

test('no more connections are taken than the limit says; those that are open go on', async () => {
  await start(tinyApp().app, { connectionLimit: 2 });
  const first = open();
  await once(first, 'connect');
  const second = open();
  await once(second, 'connect');
  const third = open();
  await once(third, 'close');
  first.write('GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n');
  expect(String((await once(first, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);
});

describe('what is no HTTP request is answered with a problem', () => {
  test.each([
    ['nonsense', 'hello\r\n\r\n', 400, 'malformed_request'],
    ['a method that does not exist', 'FETCH / HTTP/1.1\r\nhost: localhost\r\n\r\n', 400, 'malformed_request'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      400,
      'malformed_request',
    ],
    ['headers too large', `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['a tunnel', 'CONNECT example.org:443 HTTP/1.1\r\nhost: example.org:443\r\n\r\n', 405, 'method_not_allowed'],
    [
      'an expectation',
      'GET /books HTTP/1.1\r\nhost: localhost\r\nexpect: cake\r\nconnection: close\r\n\r\n',
      417,
      'expectation_failed',
    ],
  ])('%s', async (_, text, status, code) => {
    await start(tinyApp().app);
    expectProblem(await answerTo(text), status, code);
  });

  test('a body that is no chunk, while its route waits for it', async () => {
    await start(tinyApp().app);
    const head =
      'POST /accounts HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';
    expectProblem(await answerTo(`${head}zz\r\n`), 400, 'malformed_request');
  });
});
