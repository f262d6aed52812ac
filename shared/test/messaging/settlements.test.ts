import { describe, expect, jest, test } from '@jest/globals';
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

function recorded(prefetch = 1) {
  const sent: string[] = [];
  const channel = {
    ack: (message: ConsumeMessage, allUpTo?: boolean) =>
      void sent.push(`${allUpTo === true ? 'up to ' : ''}${message.fields.deliveryTag}`),
    reject: (message: ConsumeMessage, requeue?: boolean) =>
      void sent.push(`${requeue === true ? 'requeue' : 'lose'} ${message.fields.deliveryTag}`),
  };
  return { sent, settlements: new Settlements(channel, prefetch) };
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

  test('a few wait for more; many go out in the turn in which there are enough of them', async () => {
    const { sent, settlements } = recorded(80);
    for (let tag = 1; tag <= 9; tag++) settlements.ack(delivery(tag));
    await tick();
    expect(sent).toEqual([]);
    settlements.ack(delivery(10));
    await tick();
    expect(sent).toEqual(['up to 10']);
    settlements.ack(delivery(11));
    settlements.flush();
    expect(sent).toEqual(['up to 10', 'up to 11']);
  });

  test('one that stays alone goes out by itself', async () => {
    const acked = new Promise<number>((resolve) => {
      const channel = { ack: (message: ConsumeMessage) => resolve(message.fields.deliveryTag), reject: () => undefined };
      new Settlements(channel, 80).ack(delivery(1));
    });
    expect(await acked).toBe(1);
  });

  test('nothing is sent any more once the channel has refused something', async () => {
    const sent: number[] = [];
    const ack = ({ fields: { deliveryTag } }: ConsumeMessage) => {
      sent.push(deliveryTag);
      throw new Error('Channel closing');
    };
    const settlements = new Settlements({ ack, reject: () => undefined }, 1);
    settlements.ack(delivery(2));
    settlements.ack(delivery(3));
    await tick();
    settlements.ack(delivery(1));
    await tick();
    expect(sent).toEqual([2]);
  });

  test('what goes back does so after a second, and holds up no ack', () => {
    jest.useFakeTimers();
    try {
      const { sent, settlements } = recorded(80);
      settlements.requeue(delivery(1));
      settlements.ack(delivery(2));
      jest.advanceTimersByTime(50);
      expect(sent).toEqual(['2']);
      jest.advanceTimersByTime(949);
      expect(sent).toEqual(['2']);
      jest.advanceTimersByTime(1);
      expect(sent).toEqual(['2', 'requeue 1']);
      settlements.ack(delivery(3));
      settlements.flush();
      expect(sent).toEqual(['2', 'requeue 1', 'up to 3']);
      settlements.requeue(delivery(4));
      settlements.ack(delivery(5));
      settlements.close();
      settlements.requeue(delivery(6));
      settlements.ack(delivery(7));
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
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
