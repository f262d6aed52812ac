import type { Payment, SurplusCharge } from '../db/tables.js';

export const paymentStatuses = ['PENDING', 'CHARGED', 'DECLINED', 'REFUNDED', 'CLOSED'] as const;
export type PaymentStatus = (typeof paymentStatuses)[number];

/** `CLOSED`: cancelled before anything was charged. */
export function paymentStatus(payment: Payment): PaymentStatus {
  if (payment.refundId !== null) return 'REFUNDED';
  if (payment.chargeId !== null) return 'CHARGED';
  if (payment.declineReason !== null) return 'DECLINED';
  return payment.closed ? 'CLOSED' : 'PENDING';
}

/** Whether the gateway made a charge that is neither the one kept for the order nor the one given back. */
export function isSurplus({ chargeId, refundedChargeId }: Payment, answered: string): boolean {
  return [chargeId, refundedChargeId].some((known) => known !== null && known !== answered);
}

export function withSurplus({ surplusCharges }: Payment, charge: SurplusCharge): readonly SurplusCharge[] {
  return [...surplusCharges.filter(({ chargeId }) => chargeId !== charge.chargeId), charge];
}
