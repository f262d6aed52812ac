/** A change of the level that no order made, and why: the books must tell. */
export type Adjustment = {
  /** The client's `Idempotency-Key`, or the id of the request. */
  readonly adjustmentId: string;
  sku: string;
  delta: number;
  reason: string;
  /** Null until it has been made. */
  madeAt: Date | null;
};
