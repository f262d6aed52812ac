import { describe, expect, test } from '@jest/globals';
import {
  InventoryRelease,
  InventoryReserved,
  orderStateOf,
  PaymentCompleted,
  PaymentFailed,
  PaymentRefund,
  PaymentRefunded,
} from '@quickstep/shared/contracts';
import { given, happened, sampleOrder } from '@quickstep/shared/testing';
import { Payments } from '../src/db/tables.js';
import type { Charge, ChargeOutcome, PaymentGateway, RefundOutcome } from '../src/domain/gateway.js';
import { paymentStatus } from '../src/domain/payment.js';
import { paymentSteps } from '../src/steps/index.js';

const noGateway: PaymentGateway = {
  charge: () => Promise.reject(new Error('A decision calls nobody')),
  refund: () => Promise.reject(new Error('A decision calls nobody')),
};
const { chargePayment, refundPayment } = paymentSteps(noGateway).steps;

const order = sampleOrder();
const { orderId, customerId, items, total, currency, shippingAddress } = order;
const reserved = happened(InventoryReserved(order));
const reason = 'Cancelled by the customer';
const refund = happened(PaymentRefund({ ...orderStateOf(order), reason }));

const charged: ChargeOutcome = { kind: 'charged', chargeId: 'ch_1' };
const declined: ChargeOutcome = { kind: 'declined', reason: 'no funds' };
const refunded: RefundOutcome = { kind: 'refunded', refundId: 're_1', amount: total };
const nothingCharged: RefundOutcome = { kind: 'nothing-charged' };

const givenBack = (amount: number) =>
  PaymentRefunded({ orderId, customerId, email: 'ada@example.com', amount, currency, reason });
const releaseStock = InventoryRelease({ orderId, items, reason });
const lateCharge = PaymentRefund({ ...orderStateOf(order), reason: 'The charge came through after the order was cancelled' });

const nothing = { orderId, amount: 0, currency: '', chargeId: null, declineReason: null, refundId: null, refundedAmount: 0 };
const taken = { ...nothing, amount: total, currency, chargeId: 'ch_1' };

describe('chargePayment', () => {
  test('charges the total and passes the order on, without the payment method', () => {
    const world = given();
    expect(world.when(chargePayment, reserved, { outcome: charged })).toEqual([
      PaymentCompleted({ ...orderStateOf(order), shippingAddress, chargeId: 'ch_1' }),
    ]);
    expect(world.row(Payments, orderId)).toEqual({ ...taken, closed: false });
  });

  test('a declined charge fails the order and releases its stock', () => {
    const world = given();
    const because = 'Payment declined: no funds';
    expect(world.when(chargePayment, reserved, { outcome: declined })).toEqual([
      PaymentFailed({ orderId, reason: because }),
      InventoryRelease({ orderId, items, reason: because }),
    ]);
    expect(world.row(Payments, orderId)).toMatchObject({ chargeId: null, declineReason: 'no funds', closed: true });
  });

  test.each([charged, declined])('happens once ($kind)', (outcome) => {
    const world = given();
    world.when(chargePayment, reserved, { outcome });
    const before = world.row(Payments, orderId);
    expect(world.when(chargePayment, reserved, { outcome })).toEqual([]);
    expect(world.row(Payments, orderId)).toEqual(before);
  });

  test('asks the gateway for the total under the key that it is given', async () => {
    const asked: [Charge, string][] = [];
    const gateway: PaymentGateway = {
      ...noGateway,
      charge: async (charge, key) => {
        asked.push([charge, key]);
        return charged;
      },
    };
    await expect(paymentSteps(gateway).steps.chargePayment.effect?.(reserved, 'key-1')).resolves.toEqual(charged);
    expect(asked).toEqual([[{ reference: orderId, amount: total, currency, paymentMethod: 'pm_card_ok' }, 'key-1']]);
  });
});

describe('refundPayment', () => {
  test('gives the charge back and releases the stock', () => {
    const world = given();
    world.when(chargePayment, reserved, { outcome: charged });
    expect(world.when(refundPayment, refund, { outcome: refunded })).toEqual([givenBack(total), releaseStock]);
    expect(world.row(Payments, orderId)).toEqual({ ...taken, refundId: 're_1', refundedAmount: total, closed: true });
  });

  test('happens once', () => {
    const world = given();
    world.when(chargePayment, reserved, { outcome: charged });
    world.when(refundPayment, refund, { outcome: refunded });
    expect(world.when(refundPayment, refund, { outcome: refunded })).toEqual([]);
    expect(world.when(refundPayment, refund, { outcome: nothingCharged })).toEqual([]);
  });

  test('says nothing of an email address that it does not know', () => {
    const { email, ...anonymous } = orderStateOf(order);
    const [event] = given().when(refundPayment, happened(PaymentRefund({ ...anonymous, reason })), { outcome: nothingCharged });
    expect(event?.data).not.toHaveProperty('email');
  });

  test('of a declined charge has nothing left to do', () => {
    const world = given();
    world.when(chargePayment, reserved, { outcome: declined });
    expect(world.when(refundPayment, refund, { outcome: nothingCharged })).toEqual([]);
  });

  test('asks the gateway for the order under the key that it is given', async () => {
    const asked: string[][] = [];
    const gateway: PaymentGateway = {
      ...noGateway,
      refund: async (reference, key) => {
        asked.push([reference, key]);
        return refunded;
      },
    };
    await expect(paymentSteps(gateway).steps.refundPayment.effect?.(refund, 'key-2')).resolves.toEqual(refunded);
    expect(asked).toEqual([[orderId, 'key-2']]);
  });
});

describe('a refund that overtakes the charge', () => {
  test('closes the payment: no money was taken, the stock is released', () => {
    const world = given();
    expect(world.when(refundPayment, refund, { outcome: nothingCharged })).toEqual([givenBack(0), releaseStock]);
    expect(world.row(Payments, orderId)).toEqual({ ...nothing, currency, closed: true });
  });

  test('closes it once', () => {
    const world = given();
    world.when(refundPayment, refund, { outcome: nothingCharged });
    expect(world.when(refundPayment, refund, { outcome: nothingCharged })).toEqual([]);
  });

  test('turns the late charge back, without releasing the stock again', () => {
    const world = given();
    world.when(refundPayment, refund, { outcome: nothingCharged });
    expect(world.when(chargePayment, reserved, { outcome: charged })).toEqual([lateCharge]);
    expect(world.row(Payments, orderId)).toEqual({ ...taken, closed: true });
    expect(world.when(refundPayment, refund, { outcome: refunded })).toEqual([givenBack(total)]);
    expect(world.row(Payments, orderId)).toEqual({ ...taken, refundId: 're_1', refundedAmount: total, closed: true });
  });

  test('and has given this very charge back leaves nothing to turn back', () => {
    const world = given();
    expect(world.when(refundPayment, refund, { outcome: refunded })).toEqual([givenBack(total), releaseStock]);
    expect(world.when(chargePayment, reserved, { outcome: charged })).toEqual([]);
    expect(world.row(Payments, orderId)).toEqual({ ...taken, refundId: 're_1', refundedAmount: total, closed: true });
  });

  test('leaves a late decline nothing to do', () => {
    const world = given();
    world.when(refundPayment, refund, { outcome: nothingCharged });
    expect(world.when(chargePayment, reserved, { outcome: declined })).toEqual([]);
    expect(world.row(Payments, orderId)).toMatchObject({ declineReason: 'no funds', closed: true });
  });

  test('asks again when the charge came between its answer and its decision', () => {
    const world = given();
    world.when(chargePayment, reserved, { outcome: charged });
    expect(world.when(refundPayment, refund, { outcome: nothingCharged })).toEqual([
      PaymentRefund({ ...orderStateOf(order), reason }),
    ]);
    expect(world.row(Payments, orderId)).toEqual({ ...taken, closed: false });
    expect(world.when(refundPayment, refund, { outcome: refunded })).toEqual([givenBack(total), releaseStock]);
  });
});

describe('the status of a payment', () => {
  test.each([
    ['PENDING', nothing, false],
    ['CHARGED', taken, false],
    ['CHARGED', taken, true],
    ['DECLINED', { ...nothing, declineReason: 'no funds' }, true],
    ['REFUNDED', { ...taken, refundId: 're_1' }, true],
    ['REFUNDED', { ...nothing, refundId: 're_1' }, true],
    ['CLOSED', nothing, true],
  ])('is %s', (status, facts, closed) => {
    expect(paymentStatus({ ...facts, closed })).toBe(status);
  });
});
