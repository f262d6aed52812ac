import { describe, expect, test } from '@jest/globals';
import type { ConsumeMessage } from 'amqplib';
import { Settlements } from '../../src/messaging/settlements.js';

function delivery(deliveryTag: number): ConsumeMessage {
  const properties = {
    contentType: undefined,
    contentEncoding: undefined,
    headers: undefined,
    deliveryMode: 2,
    priority: undefined,
  };
  return {
    content: Buffer.alloc(0),
    fields: { deliveryTag, redelivered: false, exchange: '', routingKey: '', consumerTag: '' },
    properties: {
      ...properties,
      correlationId: undefined,
      replyTo: undefined,
      expiration: undefined,
      messageId: undefined,
      timestamp: undefined,
      type: undefined,
      userId: undefined,
      appId: undefined,
      clusterId: undefined,
    },
  };
}

function recorded() {
  const sent: string[] = [];
  const settlements = new Settlements({
    ack: (message, allUpTo) => void sent.push(`${allUpTo === true ? 'up to ' : ''}${message.fields.deliveryTag}`),
    reject: (message) => void sent.push(`reject ${message.fields.deliveryTag}`),
  });
  return { sent, settlements };
}

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('acks of one turn go out together', () => {
  test('a batch in order is one multiple-ack', async () => {
    const { sent, settlements } = recorded();
    for (let tag = 1; tag <= 200; tag++) settlements.ack(delivery(tag));
    await tick();
    expect(sent).toEqual(['up to 200']);
  });

  test('a multiple-ack never covers an unfinished delivery', async () => {
    const { sent, settlements } = recorded();
    for (const tag of [5, 1, 2, 4]) settlements.ack(delivery(tag));
    await tick();
    expect(sent).toEqual(['up to 2', '5', '4']);
  });

  test('a multiple-ack names a delivery that the broker still knows', async () => {
    const { sent, settlements } = recorded();
    settlements.ack(delivery(2));
    settlements.ack(delivery(3));
    await tick();
    settlements.ack(delivery(1));
    await tick();
    settlements.ack(delivery(4));
    await tick();
    expect(sent).toEqual(['2', '3', 'up to 1', 'up to 4']);
  });

  test('nothing is sent once the channel is gone', async () => {
    const { sent, settlements } = recorded();
    settlements.ack(delivery(1));
    settlements.requeue(delivery(2));
    settlements.close();
    settlements.ack(delivery(3));
    await tick();
    expect(sent).toEqual([]);
  });
});
