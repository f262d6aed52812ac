import { describe, expect, test } from '@jest/globals';
import { outcome } from '@quickstep/shared/choreography';
import { PaymentReversal } from '@quickstep/shared/contracts';
import { given, happened } from '@quickstep/shared/testing';
import { Payments } from '../../src/db/tables.js';
import type { ChargeOutcome, PaymentGateway } from '../../src/domain/gateway.js';
import { paymentSteps } from '../../src/steps/index.js';
import {
  back,
  charged,
  chargePayment,
  currency,
  noGateway,
  orderId,
  refund,
  refunded,
  refundPayment,
  reserved,
  reverseCharge,
  taken,
  total,
} from './fixture.js';

const chargedAgain: ChargeOutcome = { kind: 'charged', chargeId: 'ch_2' };
const secondCharge = PaymentReversal({
  orderId,
  chargeId: 'ch_2',
  amount: total,
  currency,
  reason: 'The gateway made another charge for the same order',
});

describe('another charge than the one that is known', () => {
  const surplus = [{ chargeId: 'ch_2', amount: total, reversalId: null }];

  test('is recorded and reversed, and the first one is kept', () => {
    const world = given();
    world.when(chargePayment, reserved, { answer: charged });
    expect(world.when(chargePayment, reserved, { answer: chargedAgain })).toEqual(outcome('chargedTwice', secondCharge));
    expect(world.row(Payments, orderId)).toEqual({ ...taken, surplusCharges: surplus, closed: false });
  });

  test('is reversed once', () => {
    const world = given();
    world.when(chargePayment, reserved, { answer: charged });
    world.when(chargePayment, reserved, { answer: chargedAgain });
    expect(world.when(chargePayment, reserved, { answer: chargedAgain })).toEqual(outcome('repeated'));
    expect(world.row(Payments, orderId)).toMatchObject({ surplusCharges: surplus });
  });

  test('is reversed although the known one has been refunded', () => {
    const world = given();
    world.when(chargePayment, reserved, { answer: charged });
    world.when(refundPayment, refund, { answer: refunded });
    expect(world.when(chargePayment, reserved, { answer: chargedAgain })).toEqual(outcome('chargedTwice', secondCharge));
    expect(world.row(Payments, orderId)).toEqual({ ...taken, ...back, surplusCharges: surplus });
  });

  test('is reversed when the refund that came first has given another one back', () => {
    const world = given();
    world.when(refundPayment, refund, { answer: refunded });
    expect(world.when(chargePayment, reserved, { answer: chargedAgain })).toEqual(outcome('chargedTwice', secondCharge));
    expect(world.row(Payments, orderId)).toMatchObject({ chargeId: null, surplusCharges: surplus });
  });
});

describe('reverseCharge', () => {
  const reversal = happened(secondCharge);
  const reversed = [{ chargeId: 'ch_2', amount: total, reversalId: 'rv_2' }];

  test('records what gave the charge back, once or twice', () => {
    const world = given();
    world.when(chargePayment, reserved, { answer: charged });
    world.when(chargePayment, reserved, { answer: chargedAgain });
    for (let times = 0; times < 2; times++) {
      expect(world.when(reverseCharge, reversal, { answer: 'rv_2' })).toEqual(outcome('reversed'));
      expect(world.row(Payments, orderId)).toEqual({ ...taken, surplusCharges: reversed, closed: false });
    }
  });

  test('keeps the record of other charges', () => {
    const world = given();
    world.when(chargePayment, reserved, { answer: charged });
    world.when(chargePayment, reserved, { answer: { kind: 'charged', chargeId: 'ch_3' } });
    expect(world.when(chargePayment, reserved, { answer: chargedAgain })).toEqual(outcome('chargedTwice', secondCharge));
    world.when(reverseCharge, reversal, { answer: 'rv_2' });
    const other = { chargeId: 'ch_3', amount: total, reversalId: null };
    expect(world.row(Payments, orderId)).toMatchObject({ surplusCharges: [other, ...reversed] });
  });

  test('asks the gateway for this very charge, under a key of its own, to be broken off with the call', async () => {
    const { signal } = new AbortController();
    const asked: Parameters<PaymentGateway['reverse']>[] = [];
    const gateway: PaymentGateway = {
      ...noGateway,
      reverse: async (...call) => {
        asked.push(call);
        return 'rv_2';
      },
    };
    const step = paymentSteps(gateway).steps.reverseCharge;
    await expect(step.effect(reversal, 'key-3', signal)).resolves.toBe('rv_2');
    expect(asked).toEqual([[{ reference: orderId, chargeId: 'ch_2' }, 'key-3', signal]]);
    expect(step.about?.(reversal)).toBe('ch_2');
  });
});
