import { effectStep, outcome, Permanent } from '@quickstep/shared/choreography';
import {
  asReason,
  InventoryRelease,
  orderStateOf,
  PaymentCompleted,
  PaymentFailed,
  PaymentRefund,
  PaymentReversal,
  reasons,
  refusals,
} from '@quickstep/shared/contracts';
import { change } from '@quickstep/shared/rows';
import { payment as declared } from '../choreography.js';
import { Payments } from '../db/tables.js';
import type { PaymentGateway } from '../domain/gateway.js';
import { isSurplus, withSurplus } from '../domain/payment.js';

export const chargePayment = (gateway: PaymentGateway) =>
  effectStep(declared, 'chargePayment', {
    rows: ({ data }) => ({ payment: Payments.fresh(data.orderId) }),
    effect: ({ data: { orderId, total, currency, paymentMethod } }, key, signal) =>
      gateway.charge({ reference: orderId, amount: total, currency, paymentMethod }, key, signal),
    decide: ({ data }, { payment }, { answer }) => {
      const { orderId, items, total, currency, shippingAddress } = data;
      if (answer.kind === 'declined') {
        if (payment.chargeId !== null || payment.declineReason !== null) return outcome('repeated');
        change(payment, { amount: total, currency, declineReason: asReason(answer.reason) });
        if (payment.closed) return outcome('overtaken'); // the refund that came first has released the stock
        payment.closed = true;
        const reason = asReason(`${refusals.payment}${answer.reason}`);
        return outcome('declined', PaymentFailed({ orderId, reason }), InventoryRelease({ orderId, items, reason }));
      }
      const { chargeId } = answer;
      if (isSurplus(payment, chargeId)) {
        if (payment.surplusCharges.some((known) => known.chargeId === chargeId)) return outcome('repeated');
        payment.surplusCharges = withSurplus(payment, { chargeId, amount: total, reversalId: null });
        const reason = reasons.secondCharge;
        return outcome('chargedTwice', PaymentReversal({ orderId, chargeId, amount: total, currency, reason }));
      }
      if (payment.chargeId !== null) return outcome('repeated');
      change(payment, { amount: total, currency, chargeId });
      if (!payment.closed) return outcome('charged', PaymentCompleted({ ...orderStateOf(data), shippingAddress, chargeId }));
      if (payment.refundId === null) {
        return outcome('late', PaymentRefund({ ...orderStateOf(data), reason: reasons.lateCharge }));
      }
      if (payment.refundedAmount !== total)
        throw new Permanent(`${payment.refundedAmount} of ${total} ${currency} were refunded`);
      return outcome('overtaken'); // the refund that came first has given this very charge back
    },
  });
