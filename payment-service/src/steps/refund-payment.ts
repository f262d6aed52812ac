import { effectStep, Mismatch, outcome, Permanent } from '@quickstep/shared/choreography';
import { InventoryRelease, PaymentRefunded } from '@quickstep/shared/contracts';
import { change } from '@quickstep/shared/rows';
import { payment as declared } from '../choreography.js';
import { type Payment, Payments } from '../db/tables.js';
import type { PaymentGateway, RefundOutcome } from '../domain/gateway.js';

/** What was given back is what was charged; anything else is for a person to put right. */
function check({ chargeId, amount, currency }: Payment, answer: RefundOutcome): void {
  if (chargeId === null) return;
  // Charged between the gateway's answer and our lock, or the gateway has forgotten: asking again tells.
  if (answer.kind === 'nothing-charged') throw new Mismatch(`The gateway knows no charge to refund, but ${chargeId} is recorded`);
  if (answer.chargeId !== chargeId) throw new Mismatch(`The gateway refunded ${answer.chargeId}, but ${chargeId} is recorded`);
  if (answer.amount !== amount)
    throw new Permanent(
      `The gateway refunded ${answer.amount} of ${amount} ${currency}: give back the rest, then send this again`,
    );
}

/** Undoes `chargePayment`. When it comes first, the closed row that it leaves behind turns the late charge back. */
export const refundPayment = (gateway: PaymentGateway) =>
  effectStep(declared, 'refundPayment', {
    rows: ({ data }) => ({ payment: Payments.fresh(data.orderId) }),
    effect: ({ data }, key, signal) => gateway.refund(data.orderId, key, signal),
    decide: ({ data }, { payment }, { answer }) => {
      if (payment.refundId !== null) return outcome('repeated');
      check(payment, answer);
      const { orderId, customerId, email, items, currency, reason } = data;
      const customer = { orderId, customerId, ...(email === undefined ? {} : { email }) };
      if (answer.kind === 'nothing-charged' && payment.closed) return outcome('repeated');
      if (answer.kind === 'refunded') {
        change(payment, { refundId: answer.refundId, refundedChargeId: answer.chargeId, refundedAmount: answer.amount });
      }
      const refunded = PaymentRefunded({ ...customer, amount: payment.refundedAmount, currency, reason });
      if (payment.closed) return outcome('refundedLate', refunded);
      change(payment, { closed: true, currency });
      return outcome('refunded', refunded, InventoryRelease({ orderId, items, reason }));
    },
  });
