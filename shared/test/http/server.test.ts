import { once } from 'node:events';
import { Agent, get, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type HttpServer, listen } from '@quickstep/shared/http';

const agents: Agent[] = [];
afterEach(() => {
  for (const agent of agents.splice(0)) agent.destroy();
});

function keepAlive(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  agents.push(agent);
  return agent;
}

async function ask(server: HttpServer, agent: Agent): Promise<IncomingMessage> {
  const [response]: IncomingMessage[] = await once(get(server.url, { agent }), 'response');
  if (response === undefined) throw new Error('No response');
  response.resume();
  await once(response, 'end');
  return response;
}

const start = (app: RequestListener) => listen(app, { host: '127.0.0.1', port: 0 });

describe('listen', () => {
  test('port 0 takes a free one', async () => {
    const server = await start((_request, response) => void response.end('ok'));
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect((await ask(server, keepAlive())).statusCode).toBe(200);
    await server.close();
  });

  test('rejects when the port is taken', async () => {
    const server = await start(() => undefined);
    const port = Number(new URL(server.url).port);
    await expect(listen(() => undefined, { host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await server.close();
  });
});

describe('close', () => {
  test('does not wait for idle connections', async () => {
    const server = await start((_request, response) => void response.end('ok'));
    await ask(server, keepAlive());
    await server.close();
  });

  test('lets a running request finish, and takes no new one', async () => {
    const running: ServerResponse[] = [];
    let arrived = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const server = await start((_request, response) => {
      running.push(response);
      arrived();
    });
    const answer = ask(server, keepAlive());
    await arrival;
    const closed = server.close();
    await expect(ask(server, keepAlive())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    running[0]?.end('done');
    expect((await answer).statusCode).toBe(200);
    await closed;
  });

  test('abort breaks what does not finish', async () => {
    let arrived = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const server = await start(() => arrived());
    const answer = ask(server, keepAlive());
    await arrival;
    const closed = server.close();
    server.abort();
    await expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' });
    await closed;
  });
});
