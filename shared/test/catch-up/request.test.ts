import { expect, test } from '@jest/globals';
import { v7 } from 'uuid';
import { copiesFor, readRequest, requestMessage, restMessage } from '../../src/catch-up/request.js';
import { outgoing } from '../db/fixture.js';

test.each([new Date('2026-11-01T00:00:00Z'), undefined])('a request is read as it was written, since %p', (since) => {
  const request = { service: 'payment-service', types: ['inventory.reserved'], since };
  const { content, routingKey, exchange, options } = requestMessage(request, 'inventory-service');
  expect([exchange, routingKey, options.mandatory]).toEqual(['log', 'payment-service.inventory-service', true]);
  expect(readRequest(content.toString(), routingKey, 'inventory-service')).toEqual(request);
});

test.each([
  ['no JSON', '{', 'not JSON'],
  ['nothing', 'null', 'names no service'],
  ['no service', '{"types":[]}', 'names no service'],
  ['a service that is a pattern', '{"service":"*","types":[]}', 'names no service'],
  ['types that are none', '{"service":"payment-service","types":[1]}', 'no types'],
  ['too many types', JSON.stringify({ service: 'payment-service', types: Array(1_001).fill('a.b') }), 'no types'],
  ['another service', '{"service":"order-service","types":[]}', 'another service'],
  ['a time that is none', '{"service":"payment-service","types":[],"since":"soon"}', 'time'],
])('a request with %s is refused', (_what, body, reason) => {
  expect(() => readRequest(body, 'payment-service.inventory-service', 'inventory-service')).toThrow(reason);
});

const rest = { after: { transaction: '901', position: '77' }, before: '1234', sent: 5_000 };

test('the rest of an answer is read as the emitter wrote it, and believed of itself alone', () => {
  const request = { service: 'payment-service', types: ['inventory.reserved'], since: undefined, rest };
  const { content, routingKey, options } = restMessage(request, 'inventory-service');
  expect([routingKey, options.appId]).toEqual(['inventory-service.inventory-service', 'inventory-service']);
  const body = content.toString();
  expect(readRequest(body, routingKey, 'inventory-service')).toEqual(request);
  expect(() => readRequest(body, 'payment-service.inventory-service', 'inventory-service')).toThrow('another service');
});

test.each([{ rest: 7 }, { rest: {} }, { rest: { after: 'x', before: 'y', sent: 1 } }])(
  'a rest that is none is refused: %j',
  (part) => {
    const body = JSON.stringify({ service: 'payment-service', types: [], ...part });
    expect(() => readRequest(body, 'inventory-service.inventory-service', 'inventory-service')).toThrow('rest');
  },
);

test('copies go to one queue alone, say where they come from, and keep their texts', () => {
  const events = [
    outgoing('inventory.reserved'),
    outgoing('inventory.reserved'),
    outgoing('inventory.released', { subject: v7() }),
  ];
  const copies = copiesFor('payment-service', events, 'inventory-service');
  expect(copies.map(({ exchange, routingKey, options }) => [exchange, routingKey, options.headers])).toEqual([
    [
      'redeliver',
      'inventory-service.payment-service',
      { 'x-count': 2, 'x-exchange': 'inventory.events', 'x-routing-key': 'inventory.reserved' },
    ],
    [
      'redeliver',
      'inventory-service.payment-service',
      { 'x-exchange': 'inventory.events', 'x-routing-key': 'inventory.released' },
    ],
  ]);
  expect(copies[1]?.content.toString()).toBe(events[2]?.body);
});
