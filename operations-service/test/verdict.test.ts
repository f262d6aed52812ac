import { expect, test } from '@jest/globals';
import { InventoryReserved, OrderCompleted } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { happened } from '@quickstep/shared/testing';
import { judge } from '../src/dead-letters/verdict.js';

const DAY_MS = 86_400_000;

function letter(id: string, firstFailedDaysAgo: number) {
  const event = happened(InventoryReserved(sampleOrder()));
  return {
    id,
    service: 'payment-service',
    step: 'chargePayment',
    subject: event.subject,
    content: Buffer.from(JSON.stringify(event)),
    contentType: 'application/cloudevents+json',
    exchange: 'inventory.events',
    routingKey: event.type,
    userId: null,
    firstFailedAt: new Date(Date.now() - firstFailedDaysAgo * DAY_MS),
    bodyGoneSince: null,
  };
}

/** @param said by the service of how long it remembers */
async function verdicts(inboxDays: number, said: number | undefined): Promise<(string | undefined)[]> {
  const letters = [letter('young', 19.9), letter('old', 20.1), letter('older', 40)];
  const judged = await judge(letters, {
    inboxes: { handled: async () => new Map(), retentionDays: () => said },
    ended: async () => new Set(),
    cause: async () => undefined,
    inboxDays,
  });
  return letters.map(({ id }) => judged.get(id)?.verdict);
}

test('what its service may have forgotten is not sent again, by whoever remembers it for the shorter time', async () => {
  expect(await verdicts(20, undefined)).toEqual(['would-be-processed', 'older-than-inbox', 'older-than-inbox']);
  expect(await verdicts(30, undefined)).toEqual(['would-be-processed', 'would-be-processed', 'older-than-inbox']);
  expect(await verdicts(30, 20)).toEqual(['would-be-processed', 'older-than-inbox', 'older-than-inbox']);
  expect(await verdicts(20, 30)).toEqual(['would-be-processed', 'older-than-inbox', 'older-than-inbox']);
});

test('of an ended order only what calls nothing that would have to be undone is sent again', async () => {
  const completed = happened(OrderCompleted({ ...sampleOrder(), trackingNumber: 'T' }));
  const told = {
    ...letter('told', 1),
    service: 'notification-service',
    step: 'notifyCustomer',
    subject: completed.subject,
    content: Buffer.from(JSON.stringify(completed)),
    exchange: 'order.events',
    routingKey: completed.type,
  };
  const charged = letter('charged', 1);
  const judged = await judge([charged, told], {
    inboxes: { handled: async () => new Map(), retentionDays: () => undefined },
    ended: async (orders) => new Set(orders),
    cause: async () => undefined,
    inboxDays: 20,
  });
  expect(judged.get('charged')).toEqual({
    verdict: 'would-be-undone',
    detail: 'chargePayment would call out first, and have it undone',
  });
  expect(judged.get('told')?.verdict).toBe('order-ended');
});
