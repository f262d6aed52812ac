import { InventoryRelease, InventoryReserved, orderStateOf, PaymentRefund, PaymentRefunded } from '@quickstep/shared/contracts';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { happened } from '@quickstep/shared/testing';
import type { ChargeOutcome, PaymentGateway, RefundOutcome } from '../../src/domain/gateway.js';
import { paymentSteps } from '../../src/steps/index.js';

export const noGateway: PaymentGateway = {
  charge: () => Promise.reject(new Error('A decision calls nobody')),
  refund: () => Promise.reject(new Error('A decision calls nobody')),
  reverse: () => Promise.reject(new Error('A decision calls nobody')),
};
export const { chargePayment, refundPayment, reverseCharge } = paymentSteps(noGateway).steps;

export const order = sampleOrder();
export const { orderId, customerId, items, total, currency, shippingAddress } = order;
export const reserved = happened(InventoryReserved(order));
export const reason = 'Cancelled by the customer';
export const refund = happened(PaymentRefund({ ...orderStateOf(order), reason }));

export const charged: ChargeOutcome = { kind: 'charged', chargeId: 'ch_1' };
export const declined: ChargeOutcome = { kind: 'declined', reason: 'no funds' };
export const refunded = { kind: 'refunded', refundId: 're_1', chargeId: 'ch_1', amount: total } satisfies RefundOutcome;
export const nothingCharged: RefundOutcome = { kind: 'nothing-charged' };

export const givenBack = (amount: number) =>
  PaymentRefunded({ orderId, customerId, email: 'ada@example.com', amount, currency, reason });
export const releaseStock = InventoryRelease({ orderId, items, reason });

export const nothing = {
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
export const taken = { ...nothing, amount: total, currency, chargeId: 'ch_1' };
export const back = { refundId: 're_1', refundedChargeId: 'ch_1', refundedAmount: total, closed: true };
