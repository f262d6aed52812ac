/** A change of the level that no order made, and why: the books must tell. */
export type Adjustment = {
  /** The id of the work, made by the server: the same for a repetition under the same `Idempotency-Key`. */
  readonly adjustmentId: string;
  sku: string;
  delta: number;
  reason: string;
  /** Null until it has been made. */
  madeAt: Date | null;
};
