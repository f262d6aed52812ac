import { describe, expect, test } from '@jest/globals';
import { DEFAULT_RETRY_DELAYS } from '@quickstep/shared/choreography';
import { ConfigError, integer, readConfig, serviceVariables } from '@quickstep/shared/config';

const defaults = { service: 'order-service', port: 3001 };
const required = {
  RABBITMQ_URL: 'amqp://order:secret@broker:5672/quickstep',
  POSTGRES_URL: 'postgres://order:secret@db:5432/order',
};

function messageFor(env: NodeJS.ProcessEnv): string {
  try {
    readConfig(defaults, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('It was accepted');
}

describe('readConfig', () => {
  test('needs the two servers only', () => {
    const config = readConfig(defaults, required);
    expect(config).toMatchObject({
      service: 'order-service',
      host: '127.0.0.1',
      port: 3001,
      logLevel: 'info',
      batchLimit: 1_000,
      prefetch: 2_000,
      retryDelays: DEFAULT_RETRY_DELAYS,
      eventBatching: 'off',
      inboxRetentionDays: 30,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('takes what is set, and an empty variable for one that is not', () => {
    const config = readConfig(defaults, { ...required, PORT: '0', HOST: '', BATCH_LIMIT: ' 50 ', RETRY_DELAYS_MS: '10, 20' });
    expect(config).toMatchObject({ port: 0, host: '127.0.0.1', batchLimit: 50, prefetch: 100, retryDelays: [10, 20] });
  });

  test('prefetch can be set apart from the batch limit', () => {
    expect(readConfig(defaults, { ...required, PREFETCH: '7' }).prefetch).toBe(7);
  });

  test('takes names of hosts, as many as there are', () => {
    const named = (given: string) => readConfig(defaults, { ...required, ALLOWED_HOSTS: given }).allowedHosts;
    expect(named('')).toEqual([]);
    expect(named(' orders.example.com, 10.0.0.7,::1 ,')).toEqual(['orders.example.com', '10.0.0.7', '::1']);
    for (const wrong of ['orders.example.com:80', 'http://orders.example.com', '*'])
      expect(messageFor({ ...required, ALLOWED_HOSTS: wrong })).toContain(
        'ALLOWED_HOSTS must be names or addresses without ports',
      );
  });

  test('takes origins as browsers send them, none unless they are named', () => {
    const named = (given: string) => readConfig(defaults, { ...required, ALLOWED_ORIGINS: given }).allowedOrigins;
    expect(named('')).toEqual([]);
    expect(named('https://shop.example.com, http://localhost:5173')).toEqual([
      'https://shop.example.com',
      'http://localhost:5173',
    ]);
    const wrong = [
      '*',
      'null',
      'shop.example.com',
      'https://shop.example.com/',
      'https://SHOP.example.com',
      'https://a.example:443',
    ];
    for (const each of wrong)
      expect(messageFor({ ...required, ALLOWED_ORIGINS: each })).toContain('ALLOWED_ORIGINS must be origins such as');
  });

  test("adds a service's own variables, typed", () => {
    const orderDeadline = integer('ORDER_DEADLINE_MS', 'How long a saga may take', { fallback: '900000' });
    const config = readConfig({ ...defaults, own: { orderDeadline } }, required);
    const deadline: number = config.orderDeadline;
    expect(deadline).toBe(900_000);
  });

  test('names every missing and wrong variable at once, with an example', () => {
    const message = messageFor({ POSTGRES_URL: 'postgres://db', PORT: 'http', LOG_LEVEL: 'loud', RETRY_DELAYS_MS: '1,x' });
    expect(message).toContain('RABBITMQ_URL is not set');
    expect(message).toContain('for example RABBITMQ_URL=amqp://');
    expect(message).toContain('POSTGRES_URL names no database');
    expect(message).toContain('PORT must be an integer from 0 to 65535, not "http"');
    expect(message).toContain('LOG_LEVEL must be one of info, error, warn, debug, not "loud"');
    expect(message).toContain('RETRY_DELAYS_MS must be an integer');
  });

  test.each([
    ['no URL', { RABBITMQ_URL: 'guest:hunter2@broker' }],
    ['another protocol', { RABBITMQ_URL: 'http://guest:hunter2@broker' }],
    ['no database', { POSTGRES_URL: 'postgres://guest:hunter2@db/' }],
  ])('never repeats a password: %s', (_, wrong) => {
    expect(messageFor({ ...required, ...wrong })).not.toContain('hunter2');
  });
});

test('every variable can be documented: a name, a meaning, and an example that is right', () => {
  for (const variable of Object.values(serviceVariables(defaults))) {
    expect(variable.description).not.toBe('');
    expect(() => variable.parse(variable.example)).not.toThrow();
    if (variable.fallback !== undefined) expect(() => variable.parse(variable.fallback ?? '')).not.toThrow();
  }
});

describe('CATCH_UP', () => {
  const read = (value: string) => {
    const servers = { RABBITMQ_URL: 'amqp://127.0.0.1', POSTGRES_URL: 'postgres://127.0.0.1/test' };
    return readConfig({ service: 'test-service', port: 0 }, { ...servers, CATCH_UP: value }).catchUp;
  };

  test.each([
    ['', 'last'],
    ['now', 'now'],
    ['beginning', 'beginning'],
    ['2026-11-01T00:00:00+01:00', new Date('2026-10-31T23:00:00Z')],
  ])('%p is a place to begin', (value, expected) => {
    expect(read(value)).toEqual(expected);
  });

  test.each(['yesterday', '2026-11-01', '2026-13-01T00:00:00Z'])('%p is none', (value) => {
    expect(() => read(value)).toThrow('CATCH_UP must be last, now, beginning or a time (RFC 3339)');
  });
});
