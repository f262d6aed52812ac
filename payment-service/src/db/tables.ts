import { bigint, boolean, json, type RowOf, table, text, textOrNull, uuidKey } from '@quickstep/shared/rows';

/** A charge beside the one kept for the order, and what gave it back. */
export interface SurplusCharge {
  readonly chargeId: string;
  readonly amount: number;
  readonly reversalId: string | null;
}

/**
 * The facts known of one order's payment. The first of charge and refund to arrive creates the row, and both lock it: once
 * `closed`, nothing goes forward any more, and a charge that comes back late is given back.
 */
export const Payments = table('payments', {
  orderId: uuidKey(),
  /** Integer minor units. */
  amount: bigint(0),
  currency: text(''),
  chargeId: textOrNull(),
  declineReason: textOrNull(),
  refundId: textOrNull(),
  /** The charge that the refund gave back. */
  refundedChargeId: textOrNull(),
  refundedAmount: bigint(0),
  surplusCharges: json<readonly SurplusCharge[]>([]),
  closed: boolean(false),
});
export type Payment = RowOf<typeof Payments>;
