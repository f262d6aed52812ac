import { step } from '@quickstep/shared/choreography';
import { InventoryRelease, orderStateOf, PaymentRefund, PaymentRefunded } from '@quickstep/shared/contracts';
import { payment as declared } from '../choreography.js';
import { Payments } from '../db/tables.js';
import type { PaymentGateway } from '../domain/gateway.js';

/** Undoes `chargePayment`. When it comes first, the closed row that it leaves behind turns the late charge back. */
export const refundPayment = (gateway: PaymentGateway) =>
  step(declared, 'refundPayment', {
    rows: ({ data }) => ({ payment: Payments.fresh(data.orderId) }),
    effect: ({ data }, idempotencyKey) => gateway.refund(data.orderId, idempotencyKey),
    decide: ({ data }, { payment }, { outcome }) => {
      if (payment.refundId !== null) return []; // done before
      const { orderId, customerId, email, items, currency, reason } = data;
      if (outcome.kind === 'nothing-charged') {
        // Charged between the gateway's answer and our lock: ask again, under a new event and so a new idempotency key.
        if (payment.chargeId !== null) return [PaymentRefund({ ...orderStateOf(data), reason })];
        if (payment.closed) return [];
      } else {
        Object.assign(payment, { refundId: outcome.refundId, refundedAmount: outcome.amount });
      }
      const amount = outcome.kind === 'refunded' ? outcome.amount : 0;
      const refunded = PaymentRefunded({
        orderId,
        customerId,
        ...(email === undefined ? {} : { email }),
        amount,
        currency,
        reason,
      });
      if (payment.closed) return [refunded]; // a late charge: the stock was released when the row was closed
      Object.assign(payment, { closed: true, currency });
      return [refunded, InventoryRelease({ orderId, items, reason })];
    },
  });
