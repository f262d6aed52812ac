/**
 * The facts known of one order's payment. The first of charge and refund to arrive creates the row, and both lock it: once
 * `closed`, nothing goes forward any more, and a charge that comes back late is given back.
 */
export type Payment = {
  readonly orderId: string;
  /** Integer minor units. */
  amount: number;
  currency: string;
  chargeId: string | null;
  declineReason: string | null;
  refundId: string | null;
  refundedAmount: number;
  closed: boolean;
};

export const paymentStatuses = ['PENDING', 'CHARGED', 'DECLINED', 'REFUNDED', 'CLOSED'] as const;
export type PaymentStatus = (typeof paymentStatuses)[number];

/** `CLOSED`: cancelled before anything was charged. */
export function paymentStatus(payment: Payment): PaymentStatus {
  if (payment.refundId !== null) return 'REFUNDED';
  if (payment.chargeId !== null) return 'CHARGED';
  if (payment.declineReason !== null) return 'DECLINED';
  return payment.closed ? 'CLOSED' : 'PENDING';
}
