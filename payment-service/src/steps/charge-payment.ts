import { effectStep, outcome, Permanent } from '@quickstep/shared/choreography';
import {
  asReason,
  InventoryRelease,
  type InventoryReserved,
  orderStateOf,
  PaymentCompleted,
  PaymentFailed,
  PaymentRefund,
  PaymentReversal,
  reasons,
  refusals,
} from '@quickstep/shared/contracts';
import type { EventOf } from '@quickstep/shared/events';
import { change } from '@quickstep/shared/rows';
import { payment as declared } from '../choreography.js';
import { type Payment, Payments } from '../db/tables.js';
import type { PaymentGateway } from '../domain/gateway.js';
import { isSurplus, withSurplus } from '../domain/payment.js';

type ChargedOrder = EventOf<typeof InventoryReserved>['data'];

function onDecline({ orderId, items, total, currency }: ChargedOrder, payment: Payment, why: string) {
  if (payment.chargeId !== null || payment.declineReason !== null) return outcome('repeated');
  change(payment, { amount: total, currency, declineReason: asReason(why) });
  if (payment.closed) return outcome('overtaken'); // the refund that came first has released the stock
  payment.closed = true;
  const reason = asReason(`${refusals.payment}${why}`);
  return outcome('declined', PaymentFailed({ orderId, reason }), InventoryRelease({ orderId, items, reason }));
}

function onCharge(order: ChargedOrder, payment: Payment, chargeId: string) {
  const { orderId, total, currency, shippingAddress } = order;
  if (isSurplus(payment, chargeId)) {
    if (payment.surplusCharges.some((known) => known.chargeId === chargeId)) return outcome('repeated');
    payment.surplusCharges = withSurplus(payment, { chargeId, amount: total, reversalId: null });
    const reason = reasons.secondCharge;
    return outcome('chargedTwice', PaymentReversal({ orderId, chargeId, amount: total, currency, reason }));
  }
  if (payment.chargeId !== null) return outcome('repeated');
  change(payment, { amount: total, currency, chargeId });
  if (!payment.closed) return outcome('charged', PaymentCompleted({ ...orderStateOf(order), shippingAddress, chargeId }));
  if (payment.refundId === null) {
    return outcome('late', PaymentRefund({ ...orderStateOf(order), reason: reasons.lateCharge }));
  }
  if (payment.refundedAmount !== total) throw new Permanent(`${payment.refundedAmount} of ${total} ${currency} were refunded`);
  return outcome('overtaken'); // the refund that came first has given this very charge back
}

export const chargePayment = (gateway: PaymentGateway) =>
  effectStep(declared, 'chargePayment', {
    rows: ({ data }) => ({ payment: Payments.fresh(data.orderId) }),
    effect: ({ data: { orderId, total, currency, paymentMethod } }, key, signal) =>
      gateway.charge({ reference: orderId, amount: total, currency, paymentMethod }, key, signal),
    decide: ({ data }, { payment }, { answer }) =>
      answer.kind === 'declined' ? onDecline(data, payment, answer.reason) : onCharge(data, payment, answer.chargeId),
  });
