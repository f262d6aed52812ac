import { describe, expect, test } from '@jest/globals';
import { Mismatch, outcome, Permanent } from '@quickstep/shared/choreography';
import {
  InventoryRelease,
  InventoryReserved,
  orderStateOf,
  PaymentCompleted,
  PaymentFailed,
  PaymentRefund,
  PaymentRefunded,
  PaymentReversal,
} from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { given, happened } from '@quickstep/shared/testing';
import { Payments } from '../src/db/tables.js';
import type { ChargeOutcome, PaymentGateway, RefundOutcome } from '../src/domain/gateway.js';
import { paymentStatus } from '../src/domain/payment.js';
import { paymentSteps } from '../src/steps/index.js';

const noGateway: PaymentGateway = {
  charge: () => Promise.reject(new Error('A decision calls nobody')),
  refund: () => Promise.reject(new Error('A decision calls nobody')),
  reverse: () => Promise.reject(new Error('A decision calls nobody')),
};
const { chargePayment, refundPayment, reverseCharge } = paymentSteps(noGateway).steps;

const order = sampleOrder();
const { orderId, customerId, items, total, currency, shippingAddress } = order;
const reserved = happened(InventoryReserved(order));
const reason = 'Cancelled by the customer';
const refund = happened(PaymentRefund({ ...orderStateOf(order), reason }));

const charged: ChargeOutcome = { kind: 'charged', chargeId: 'ch_1' };
const chargedAgain: ChargeOutcome = { kind: 'charged', chargeId: 'ch_2' };
const declined: ChargeOutcome = { kind: 'declined', reason: 'no funds' };
const refunded: RefundOutcome = { kind: 'refunded', refundId: 're_1', chargeId: 'ch_1', amount: total };
const nothingCharged: RefundOutcome = { kind: 'nothing-charged' };

const failure = (kind: typeof Mismatch | typeof Permanent, message: string) =>
  expect.objectContaining({ name: kind.name, message });

const completed = PaymentCompleted({ ...orderStateOf(order), shippingAddress, chargeId: 'ch_1' });
const givenBack = (amount: number) =>
  PaymentRefunded({ orderId, customerId, email: 'ada@example.com', amount, currency, reason });
const releaseStock = InventoryRelease({ orderId, items, reason });
const lateCharge = PaymentRefund({ ...orderStateOf(order), reason: 'The charge came through after the order was cancelled' });
const secondCharge = PaymentReversal({
  orderId,
  chargeId: 'ch_2',
  amount: total,
  currency,
  reason: 'The gateway made another charge for the same order',
});

const nothing = {
  orderId,
  amount: 0,
  currency: '',
  chargeId: null,
  declineReason: null,
  refundId: null,
  refundedChargeId: null,
  refundedAmount: 0,
  surplusCharges: [],
};
const taken = { ...nothing, amount: total, currency, chargeId: 'ch_1' };
const back = { refundId: 're_1', refundedChargeId: 'ch_1', refundedAmount: total, closed: true };

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
