import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '@quickstep/shared/config';
import { type Host, runMain, StartError } from '@quickstep/shared/service';

/** A process that is none. */
function fakeHost() {
  const listeners = new Map<string, (reason: unknown) => void>();
  const said: string[] = [];
  let exit = (_code: number) => {};
  const exited = new Promise<number>((resolve) => {
    exit = resolve;
  });
  const host: Host = {
    on: (event, listener) => listeners.set(event, listener),
    say: (text) => said.push(text),
    flushed: async () => undefined,
    exit: (code) => exit(code),
  };
  const raise = (event: string, reason?: unknown) => listeners.get(event)?.(reason);
  return { host, said, exited, raise };
}

describe('runMain', () => {
  test.each(['SIGINT', 'SIGTERM'])('%s stops the service, then the process ends well', async (signal) => {
    const { host, said, exited, raise } = fakeHost();
    let stopped = false;
    const started = new Promise<void>((resolve) => {
      const stop = async () => {
        stopped = true;
      };
      runMain(async () => {
        resolve();
        return { stop };
      }, host);
    });
    await started;
    await new Promise(setImmediate);
    raise(signal);
    expect(await exited).toBe(0);
    expect([stopped, said]).toEqual([true, []]);
  });

  test('a second signal ends the process at once', async () => {
    const { host, exited, raise } = fakeHost();
    runMain(async () => ({ stop: () => new Promise(() => {}) }), host);
    await new Promise(setImmediate);
    raise('SIGINT');
    raise('SIGINT');
    expect(await exited).toBe(1);
  });

  test('a signal ends a start that still waits', async () => {
    const { host, exited, raise } = fakeHost();
    runMain(() => new Promise(() => {}), host);
    raise('SIGTERM');
    expect(await exited).toBe(0);
  });

  test('a failed start is one message that says what to do, without a stack', async () => {
    const { host, said, exited } = fakeHost();
    runMain(() => Promise.reject(new StartError('Port 3001 is taken')), host);
    expect(await exited).toBe(1);
    expect(said).toEqual(['Cannot start: Port 3001 is taken']);
  });

  test('a start that throws at once fails the same way', async () => {
    const { host, said, exited } = fakeHost();
    runMain(() => {
      throw new ConfigError('RABBITMQ_URL is not set, for example amqp://me:<password>@broker');
    }, host);
    expect(await exited).toBe(1);
    expect(said).toEqual(['Cannot start: RABBITMQ_URL is not set, for example amqp://me:<password>@broker']);
  });

  test('a bug shows its stack, and no secret', async () => {
    const { host, said, exited } = fakeHost();
    runMain(() => Promise.reject(new TypeError('amqp://me:hunter2@broker is odd')), host);
    expect(await exited).toBe(1);
    expect(said[0]).toContain('main.test.ts');
    expect(said[0]).not.toContain('hunter2');
  });

  test('an error that nobody handled ends the process', async () => {
    const { host, said, exited, raise } = fakeHost();
    runMain(async () => ({ stop: async () => {} }), host);
    raise('unhandledRejection', new Error('forgotten'));
    expect(await exited).toBe(1);
    expect(said[0]).toContain('An error was not handled: Error: forgotten');
  });

  test('what was logged is written although the pipe is full when the process is told to stop', async () => {
    const lines = 20_000;
    const program = `
      const { createLogger } = require('@quickstep/shared/logging');
      const { runMain } = require('@quickstep/shared/service');
      const logger = createLogger({ service: 'test', level: 'info' });
      const stop = async () => logger.info('stopped');
      runMain(async () => {
        for (let line = 0; line < ${lines}; line++) logger.info('work');
        process.stderr.write('at work');
        return { stop };
      });
      setInterval(() => undefined, 1000);`;
    const child = spawn(process.execPath, ['-e', program], { cwd: __dirname, stdio: ['ignore', 'pipe', 'pipe'] });
    await once(child.stderr, 'data');
    child.kill('SIGTERM');
    const [code, written] = await Promise.all([once(child, 'exit'), text(child.stdout)]);
    expect(code).toEqual([0, null]);
    const messages = written.trimEnd().split('\n');
    expect(messages).toHaveLength(lines + 1);
    expect(messages.at(-1)).toContain('"message":"stopped"');
  });
});
