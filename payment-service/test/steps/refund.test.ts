import { describe, expect, test } from '@jest/globals';
import { Mismatch, outcome, Permanent } from '@quickstep/shared/choreography';
import { orderStateOf, PaymentRefund } from '@quickstep/shared/contracts';
import { given, happened } from '@quickstep/shared/testing';
import { Payments } from '../../src/db/tables.js';
import type { PaymentGateway } from '../../src/domain/gateway.js';
import { paymentSteps } from '../../src/steps/index.js';
import {
  back,
  charged,
  chargePayment,
  declined,
  givenBack,
  noGateway,
  nothingCharged,
  order,
  orderId,
  reason,
  refund,
  refunded,
  refundPayment,
  releaseStock,
  reserved,
  taken,
  total,
} from './fixture.js';

const failure = (kind: typeof Mismatch | typeof Permanent, message: string) =>
  expect.objectContaining({ name: kind.name, message });

describe('refundPayment', () => {
  test('gives the charge back and releases the stock', () => {
    const world = given();
    world.when(chargePayment, reserved, { answer: charged });
    expect(world.when(refundPayment, refund, { answer: refunded })).toEqual(outcome('refunded', givenBack(total), releaseStock));
    expect(world.row(Payments, orderId)).toEqual({ ...taken, ...back });
  });

  test('happens once', () => {
    const world = given();
    world.when(chargePayment, reserved, { answer: charged });
    world.when(refundPayment, refund, { answer: refunded });
    expect(world.when(refundPayment, refund, { answer: refunded })).toEqual(outcome('repeated'));
    expect(world.when(refundPayment, refund, { answer: nothingCharged })).toEqual(outcome('repeated'));
  });

  test('says nothing of an email address that it does not know', () => {
    const { email, ...anonymous } = orderStateOf(order);
    const asked = happened(PaymentRefund({ ...anonymous, reason }));
    const [event] = given().when(refundPayment, asked, { answer: nothingCharged }).events;
    expect(event?.data).not.toHaveProperty('email');
  });

  test('of a declined charge has nothing left to do', () => {
    const world = given();
    world.when(chargePayment, reserved, { answer: declined });
    expect(world.when(refundPayment, refund, { answer: nothingCharged })).toEqual(outcome('repeated'));
  });

  test('asks the gateway for the order under the key that it is given, to be broken off with the call', async () => {
    const { signal } = new AbortController();
    const asked: Parameters<PaymentGateway['refund']>[] = [];
    const gateway: PaymentGateway = {
      ...noGateway,
      refund: async (...call) => {
        asked.push(call);
        return refunded;
      },
    };
    await expect(paymentSteps(gateway).steps.refundPayment.effect(refund, 'key-2', signal)).resolves.toEqual(refunded);
    expect(asked).toEqual([[orderId, 'key-2', signal]]);
  });
});

describe('a refund that does not fit the recorded charge', () => {
  const chargedWorld = () => {
    const world = given();
    world.when(chargePayment, reserved, { answer: charged });
    return world;
  };

  test('because the gateway knows of none is tried again, and emits nothing', () => {
    const world = chargedWorld();
    const refunding = () => world.when(refundPayment, refund, { answer: nothingCharged });
    expect(refunding).toThrow(failure(Mismatch, 'The gateway knows no charge to refund, but ch_1 is recorded'));
    expect(world.row(Payments, orderId)).toEqual({ ...taken, closed: false });
    expect(world.when(refundPayment, refund, { answer: refunded })).toEqual(outcome('refunded', givenBack(total), releaseStock));
  });

  test('because it gave another charge back is tried again', () => {
    const world = chargedWorld();
    const refunding = () => world.when(refundPayment, refund, { answer: { ...refunded, chargeId: 'ch_2' } });
    expect(refunding).toThrow(failure(Mismatch, 'The gateway refunded ch_2, but ch_1 is recorded'));
    expect(world.row(Payments, orderId)).toEqual({ ...taken, closed: false });
  });

  test('because it gave back only a part is parked', () => {
    const world = chargedWorld();
    const refunding = () => world.when(refundPayment, refund, { answer: { ...refunded, amount: 1_000 } });
    expect(refunding).toThrow(
      failure(Permanent, 'The gateway refunded 1000 of 2500 EUR: give back the rest, then send this again'),
    );
    expect(world.row(Payments, orderId)).toEqual({ ...taken, closed: false });
  });

  test('is seen by the charge when the partial refund came first', () => {
    const world = given();
    world.when(refundPayment, refund, { answer: { ...refunded, amount: 1_000 } });
    const charging = () => world.when(chargePayment, reserved, { answer: charged });
    expect(charging).toThrow(failure(Permanent, '1000 of 2500 EUR were refunded'));
    expect(world.row(Payments, orderId)).toMatchObject({ chargeId: null, refundedAmount: 1_000 });
  });
});
