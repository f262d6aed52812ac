import { describe, expect, test } from '@jest/globals';
import { outcome } from '@quickstep/shared/choreography';
import { orderStateOf, PaymentRefund } from '@quickstep/shared/contracts';
import { given } from '@quickstep/shared/testing';
import { Payments } from '../../src/db/tables.js';
import {
  back,
  charged,
  chargePayment,
  currency,
  declined,
  givenBack,
  nothing,
  nothingCharged,
  order,
  orderId,
  refund,
  refunded,
  refundPayment,
  releaseStock,
  reserved,
  taken,
  total,
} from './fixture.js';

const lateCharge = PaymentRefund({
  ...orderStateOf(order),
  reason: 'The charge came through after the order was cancelled',
});

describe('a refund that overtakes the charge', () => {
  test('closes the payment: no money was taken, the stock is released', () => {
    const world = given();
    expect(world.when(refundPayment, refund, { answer: nothingCharged })).toEqual(
      outcome('refunded', givenBack(0), releaseStock),
    );
    expect(world.row(Payments, orderId)).toEqual({ ...nothing, currency, closed: true });
  });

  test('closes it once', () => {
    const world = given();
    world.when(refundPayment, refund, { answer: nothingCharged });
    expect(world.when(refundPayment, refund, { answer: nothingCharged })).toEqual(outcome('repeated'));
  });

  test('turns the late charge back, without releasing the stock again', () => {
    const world = given();
    world.when(refundPayment, refund, { answer: nothingCharged });
    expect(world.when(chargePayment, reserved, { answer: charged })).toEqual(outcome('late', lateCharge));
    expect(world.row(Payments, orderId)).toEqual({ ...taken, closed: true });
    expect(world.when(refundPayment, refund, { answer: refunded })).toEqual(outcome('refundedLate', givenBack(total)));
    expect(world.row(Payments, orderId)).toEqual({ ...taken, ...back });
  });

  test('and has given this very charge back leaves nothing to turn back', () => {
    const world = given();
    expect(world.when(refundPayment, refund, { answer: refunded })).toEqual(outcome('refunded', givenBack(total), releaseStock));
    expect(world.when(chargePayment, reserved, { answer: charged })).toEqual(outcome('overtaken'));
    expect(world.row(Payments, orderId)).toEqual({ ...taken, ...back });
  });

  test('leaves a late decline nothing to do', () => {
    const world = given();
    world.when(refundPayment, refund, { answer: nothingCharged });
    expect(world.when(chargePayment, reserved, { answer: declined })).toEqual(outcome('overtaken'));
    expect(world.row(Payments, orderId)).toMatchObject({ declineReason: 'no funds', closed: true });
  });

  test('turns a charge back that was declined at first', () => {
    const world = given();
    world.when(chargePayment, reserved, { answer: declined });
    expect(world.when(chargePayment, reserved, { answer: charged })).toEqual(outcome('late', lateCharge));
    expect(world.when(refundPayment, refund, { answer: refunded })).toEqual(outcome('refundedLate', givenBack(total)));
  });
});
