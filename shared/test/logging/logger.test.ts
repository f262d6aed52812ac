import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { logTo } from './log-to.js';

test('what is written is what it says it writes', () => {
  const levels = ['error', 'warn', 'info', 'debug'] as const;
  for (const [index, level] of levels.entries()) {
    const { logger, lines } = logTo(level);
    for (const each of levels) logger[each](each);
    expect(lines()).toEqual(levels.slice(0, index + 1).map((each) => expect.objectContaining({ level: each })));
    expect(levels.filter((each) => logger.isLevelEnabled(each))).toEqual(levels.slice(0, index + 1));
  }
});

describe('createLogger', () => {
  test('writes one JSON line for each message', () => {
    const { logger, lines } = logTo('info');
    logger.info('started', { url: 'http://127.0.0.1:3003' });
    expect(lines()).toEqual([
      { time: expect.any(String), level: 'info', service: 'payment-service', message: 'started', url: 'http://127.0.0.1:3003' },
    ]);
  });

  test('writes a readable line for people', () => {
    const { logger, text } = logTo('info', true);
    logger.warn('message retried', { step: 'chargePayment', milliseconds: 3 });
    expect(text()).toMatch(/^[\d:.]{12} WARN {2}payment-service message retried step=chargePayment milliseconds=3\n$/);
  });

  test('writes nothing that a terminal takes for a command, and nothing that looks like another line', () => {
    const nasty = 'a\u001b[2J\u009b31m\r\n12:00:00.000 ERROR forged\u202e\u2028\u0007';
    const { logger, text } = logTo('info', true);
    logger.info(nasty, { orderId: nasty, list: [nasty] });
    expect(text()).toMatch(/^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*\n$/u);
    const json = logTo('info');
    json.logger.info(nasty, { orderId: nasty });
    const written = json.text();
    expect(written).toMatch(/^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*\n$/u);
    expect(JSON.parse(written)).toMatchObject({ message: nasty, orderId: nasty });
  });

  test('shows people a stack as lines, all of them indented', () => {
    const { logger, text } = logTo('info', true);
    logger.error('failed', { stack: 'Error: a\nERROR forged\n    at here\u001b[2J' });
    expect(text()).toMatch(/stack=Error: a\n {4}ERROR forged\n {4}at here\\u001b\[2J\n$/);
  });

  test('writes JSON, whatever it says', () => {
    const secrets = fc.constantFrom(
      'password=',
      '"token": "',
      'Bearer ',
      'postgres://u:',
      '@h',
      "pwd='",
      '\\',
      '\\"',
      '"',
      '\n',
      'a',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(secrets, fc.string({ unit: 'binary' }))), (parts) => {
        const { logger, text } = logTo('info');
        logger.info(parts.join(''), { reason: parts.toReversed().join(''), [parts.join('')]: 'value' });
        expect(JSON.parse(text())).toMatchObject({ level: 'info' });
      }),
    );
  });

  test('redacts every field, and those whole that are named like a secret', () => {
    const { logger, lines } = logTo('info');
    logger.info('Bearer of password=a"b', { reason: 'postgres://u:p"w@h', password: 'two words', list: ['ada@example.org'] });
    expect(lines()).toMatchObject([
      { message: 'Bearer of password=***"b', reason: 'postgres://***@h', password: '***', list: ['***@***'] },
    ]);
  });

  test('writes nothing below its level', () => {
    const { logger, text } = logTo('warn');
    logger.info('unheard');
    logger.debug('unheard');
    expect(text()).toBe('');
  });
});
