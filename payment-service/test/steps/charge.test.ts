import { describe, expect, test } from '@jest/globals';
import { outcome } from '@quickstep/shared/choreography';
import { InventoryRelease, orderStateOf, PaymentCompleted, PaymentFailed } from '@quickstep/shared/contracts';
import { given } from '@quickstep/shared/testing';
import { Payments } from '../../src/db/tables.js';
import type { PaymentGateway } from '../../src/domain/gateway.js';
import { paymentSteps } from '../../src/steps/index.js';
import {
  charged,
  chargePayment,
  currency,
  declined,
  items,
  noGateway,
  order,
  orderId,
  reserved,
  shippingAddress,
  taken,
  total,
} from './fixture.js';

const completed = PaymentCompleted({ ...orderStateOf(order), shippingAddress, chargeId: 'ch_1' });

describe('chargePayment', () => {
  test('charges the total and passes the order on, without the payment method', () => {
    const world = given();
    expect(world.when(chargePayment, reserved, { answer: charged })).toEqual(outcome('charged', completed));
    expect(world.row(Payments, orderId)).toEqual({ ...taken, closed: false });
  });

  test('a declined charge fails the order and releases its stock', () => {
    const world = given();
    const because = 'Payment declined: no funds';
    expect(world.when(chargePayment, reserved, { answer: declined })).toEqual(
      outcome('declined', PaymentFailed({ orderId, reason: because }), InventoryRelease({ orderId, items, reason: because })),
    );
    expect(world.row(Payments, orderId)).toMatchObject({ chargeId: null, declineReason: 'no funds', closed: true });
  });

  test.each([charged, declined])('happens once ($kind)', (answer) => {
    const world = given();
    world.when(chargePayment, reserved, { answer });
    const before = world.row(Payments, orderId);
    expect(world.when(chargePayment, reserved, { answer })).toEqual(outcome('repeated'));
    expect(world.row(Payments, orderId)).toEqual(before);
  });

  test('keeps a charge that is known although the gateway declines the same one later', () => {
    const world = given();
    world.when(chargePayment, reserved, { answer: charged });
    expect(world.when(chargePayment, reserved, { answer: declined })).toEqual(outcome('repeated'));
    expect(world.row(Payments, orderId)).toEqual({ ...taken, closed: false });
  });

  test('asks the gateway for the total under the key that it is given, to be broken off with the call', async () => {
    const { signal } = new AbortController();
    const asked: Parameters<PaymentGateway['charge']>[] = [];
    const gateway: PaymentGateway = {
      ...noGateway,
      charge: async (...call) => {
        asked.push(call);
        return charged;
      },
    };
    await expect(paymentSteps(gateway).steps.chargePayment.effect(reserved, 'key-1', signal)).resolves.toEqual(charged);
    expect(asked).toEqual([[{ reference: orderId, amount: total, currency, paymentMethod: 'pm_card_ok' }, 'key-1', signal]]);
  });
});
