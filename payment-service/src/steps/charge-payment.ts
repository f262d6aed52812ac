import { step } from '@quickstep/shared/choreography';
import {
  asReason,
  InventoryRelease,
  orderStateOf,
  PaymentCompleted,
  PaymentFailed,
  PaymentRefund,
} from '@quickstep/shared/contracts';
import { payment as declared } from '../choreography.js';
import { Payments } from '../db/tables.js';
import type { PaymentGateway } from '../domain/gateway.js';

export const chargePayment = (gateway: PaymentGateway) =>
  step(declared, 'chargePayment', {
    rows: ({ data }) => ({ payment: Payments.fresh(data.orderId) }),
    effect: ({ data: { orderId, total, currency, paymentMethod } }, idempotencyKey) =>
      gateway.charge({ reference: orderId, amount: total, currency, paymentMethod }, idempotencyKey),
    decide: ({ data }, { payment }, { outcome }) => {
      if (payment.chargeId !== null || payment.declineReason !== null) return []; // done before
      const { orderId, items, total, currency, shippingAddress } = data;
      Object.assign(payment, { amount: total, currency });
      if (outcome.kind === 'declined') {
        payment.declineReason = asReason(outcome.reason);
        if (payment.closed) return []; // the refund that overtook us has released the stock
        payment.closed = true;
        const reason = asReason(`Payment declined: ${outcome.reason}`);
        return [PaymentFailed({ orderId, reason }), InventoryRelease({ orderId, items, reason })];
      }
      payment.chargeId = outcome.chargeId;
      if (!payment.closed) return [PaymentCompleted({ ...orderStateOf(data), shippingAddress, chargeId: outcome.chargeId })];
      if (payment.refundId !== null) return []; // the refund that overtook us has given this very charge back
      return [PaymentRefund({ ...orderStateOf(data), reason: 'The charge came through after the order was cancelled' })];
    },
  });
