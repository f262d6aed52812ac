import { describe, expect, test } from '@jest/globals';
import { Mismatch, Permanent } from '@quickstep/shared/choreography';
import { errorClassOf, Unavailable, WrongOutcome } from '@quickstep/shared/pipeline';
import { failureOf, placeOf } from '../../src/pipeline/failure.js';

const withStack = (...lines: string[]) =>
  Object.assign(new Error('pm_secret'), { stack: ['Error: pm_secret', ...lines].join('\n') });

test('what a failure is told by is its class', () => {
  const classes = [new Permanent('x'), new Mismatch('x'), new Unavailable('x'), new Error('x'), 'a text'].map(errorClassOf);
  expect(classes).toEqual(['permanent', 'mismatch', 'unavailable', 'transient', 'transient']);
});

test('of several steps that failed the gravest failure counts, and all are named', () => {
  const failure = failureOf([
    { step: 'cook', error: new Unavailable('away') },
    { step: 'clean', error: new WrongOutcome('gone', 'it does not declare that') },
    { step: 'watch', error: new Error('not now') },
  ]);
  expect(failure).toMatchObject({
    step: 'cook+clean+watch',
    errorClass: 'permanent',
    outcome: 'gone',
    reason: 'away; it does not declare that; not now',
  });
});

describe('the place of a failure', () => {
  test('is the first line of our own, however deep in libraries it began; no path of the machine stays', () => {
    const error = withStack(
      '    at Socket.emit (node:events:519:28)',
      '    at Parser.parse (/srv/shop/node_modules/pg/lib/parser.js:12:3)',
      '    at async charge (file:///srv/shop/payment-service/dist/steps/charge-payment.js:31:15)',
      '    at /srv/shop/shared/src/pipeline/decide.ts:7:1',
    );
    expect(placeOf(error)).toEqual({
      frame: 'payment-service/dist/steps/charge-payment.js:31',
      stack: [
        'Parser.parse (node_modules/pg/lib/parser.js:12)',
        'charge (payment-service/dist/steps/charge-payment.js:31)',
        'shared/src/pipeline/decide.ts:7',
      ].join('\n'),
    });
  });

  test('stays when the stack is cut', () => {
    const packages = Array.from({ length: 20 }, (_, line) => `    at f (/srv/shop/node_modules/pg/index.js:${line}:1)`);
    const { frame, stack } = placeOf(withStack(...packages, '    at g (/srv/shop/order-service/src/steps/place-order.ts:5:1)'));
    expect(frame).toBe('order-service/src/steps/place-order.ts:5');
    expect(stack?.split('\n')).toHaveLength(9);
    expect(stack).toContain(frame);
  });

  test('is not known when nothing of it is ours, or it is no error', () => {
    expect(placeOf(withStack('    at f (/srv/shop/node_modules/pg/index.js:1:1)')).frame).toBeUndefined();
    expect(placeOf(withStack('    at somewhere odd')).stack).toBeUndefined();
    expect(placeOf('a text')).toEqual({});
    expect(placeOf(Object.assign(new Error('x'), { stack: undefined }))).toEqual({});
  });

  test('outside of any folder of ours is its file alone', () => {
    expect(placeOf(withStack('    at f (/srv/tool.js:1:2)')).frame).toBe('tool.js:1');
  });
});
