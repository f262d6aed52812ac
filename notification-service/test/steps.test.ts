import { describe, expect, test } from '@jest/globals';
import { outcome } from '@quickstep/shared/choreography';
import {
  NotificationFailed,
  NotificationSent,
  OrderCancelled,
  OrderCompleted,
  orderStateOf,
  PaymentRefunded,
} from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { given, happened } from '@quickstep/shared/testing';
import { recordingMailer } from '../src/adapters/recording-mailer.js';
import { Notifications } from '../src/db/tables.js';
import type { Mailer } from '../src/domain/mailer.js';
import { formatMoney, isWorthTelling, messageFor } from '../src/domain/message.js';
import { notificationSteps } from '../src/steps/index.js';

const { notifyCustomer } = notificationSteps(recordingMailer).steps;

const order = sampleOrder();
const { orderId, customerId, total, currency } = order;
const state = orderStateOf(order);
const { email, ...anonymous } = state;
const reason = 'Payment declined: no funds';
const refund = { orderId, customerId, currency, reason };

const completed = happened(OrderCompleted({ ...state, trackingNumber: 'TRACK-1' }));
const cancelled = happened(OrderCancelled({ ...state, reason }));
const refunded = happened(PaymentRefunded({ ...refund, email: 'ada@example.com', amount: total }));
const nothingRefunded = happened(PaymentRefunded({ ...refund, amount: 0 }));

const sent = { kind: 'sent' } as const;
const refused = { kind: 'refused', reason: 'no such mailbox' } as const;
const now = new Date('2026-11-21T10:00:00Z');

describe('notifyCustomer', () => {
  test.each([
    [completed, 'order-completed'],
    [cancelled, 'order-cancelled'],
    [refunded, 'payment-refunded'],
  ])('tells the customer of $type', (event, template) => {
    const world = given();
    expect(world.when(notifyCustomer, event, { now, answer: sent })).toEqual(
      outcome('sent', NotificationSent({ orderId, notificationId: event.id, template })),
    );
    expect(world.row(Notifications, event.id)).toMatchObject({
      orderId,
      template,
      channel: 'email',
      recipient: 'ada@example.com',
      status: 'SENT',
      failureReason: null,
      createdAt: now,
    });
  });

  test('records what was refused for good', () => {
    const world = given();
    expect(world.when(notifyCustomer, completed, { now, answer: refused })).toEqual(
      outcome(
        'refused',
        NotificationFailed({ orderId, notificationId: completed.id, template: 'order-completed', reason: 'no such mailbox' }),
      ),
    );
    expect(world.row(Notifications, completed.id)).toMatchObject({ status: 'FAILED', failureReason: 'no such mailbox' });
  });

  test.each([sent, refused])('happens once ($kind)', (answer) => {
    const world = given();
    world.when(notifyCustomer, completed, { now, answer });
    expect(world.when(notifyCustomer, completed, { now, answer })).toEqual(outcome('repeated'));
    expect(world.rows(Notifications)).toHaveLength(1);
  });

  test('has nothing to tell of a refund of nothing', () => {
    const world = given();
    expect(world.when(notifyCustomer, nothingRefunded, { now, answer: undefined })).toEqual(outcome('nothingToTell'));
    expect(world.rows(Notifications)).toEqual([]);
  });

  test('gives the mailer the message, under the key that it is given, to be broken off with the call', async () => {
    const { signal } = new AbortController();
    const asked: Parameters<Mailer['send']>[] = [];
    const mailer: Mailer = {
      send: async (...call) => {
        asked.push(call);
        return refused;
      },
    };
    const step = notificationSteps(mailer).steps.notifyCustomer;
    await expect(step.effect(completed, 'key-1', signal)).resolves.toEqual(refused);
    expect([completed, nothingRefunded].map((event) => step.isNeeded?.(event))).toEqual([true, false]);
    expect(asked).toEqual([[messageFor(completed), 'key-1', signal]]);
  });
});

describe('messages', () => {
  test('say what happened', () => {
    expect(messageFor(completed)).toEqual({
      template: 'order-completed',
      recipient: 'ada@example.com',
      channel: 'email',
      subject: 'Your order is on its way',
      body: `Order ${orderId} has been shipped. Tracking number: TRACK-1.`,
    });
    expect(messageFor(cancelled)).toMatchObject({
      subject: 'Your order was cancelled',
      body: `Order ${orderId} was cancelled: Payment declined: no funds.`,
    });
    expect(messageFor(refunded)).toMatchObject({
      subject: 'Your money is on its way back',
      body: `We have refunded 25.00 EUR for order ${orderId}.`,
    });
  });

  test('wait in the inbox of a customer whose email address is not known', () => {
    expect(email).toBe('ada@example.com');
    const told = messageFor(happened(OrderCompleted({ ...anonymous, trackingNumber: 'TRACK-1' })));
    expect(told).toMatchObject({ recipient: customerId, channel: 'inbox' });
  });

  test('are of no worth where nothing was refunded', () => {
    expect([completed, cancelled, refunded, nothingRefunded].map(isWorthTelling)).toEqual([true, true, true, false]);
  });
});

describe('money', () => {
  test.each([
    [1_999, 'EUR', '19.99 EUR'],
    [5, 'EUR', '0.05 EUR'],
    [0, 'USD', '0.00 USD'],
    [1_999, 'JPY', '1999 JPY'],
    [1_999, 'KWD', '1.999 KWD'],
    [100_000_000_000_000, 'EUR', '1000000000000.00 EUR'],
  ])('%i %s reads %s', (amount, iso, text) => {
    expect(formatMoney(amount, iso)).toBe(text);
  });
});
