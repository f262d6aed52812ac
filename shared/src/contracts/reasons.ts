/** The reasons that our own steps give. Whatever else stands in a `reason` may have been typed by a customer or an operator. */
export const reasons = {
  customer: 'Cancelled by the customer',
  operator: 'Cancelled by an operator',
  deadline: 'The order was not completed in time',
  stuck: 'Its cancellation was asked for, but has not ended',
  noStock: 'Not enough stock',
  unknown: 'Cancelled',
  lateCharge: 'The charge came through after the order was cancelled',
  secondCharge: 'The gateway made another charge for the same order',
  lateBooking: 'The booking came through after the order was cancelled',
  secondParcel: 'The carrier booked another parcel for the same order',
  shipped: 'The parcel has been shipped',
} as const;

/** What stands before the words of gateway and carrier. */
export const refusals = { payment: 'Payment declined: ', shipment: 'Shipment refused: ' } as const;

const own: ReadonlySet<string> = new Set(Object.values(reasons));

/**
 * Whether a reason is one of ours, or begins like the gateway's or the carrier's for refusing an order. A customer who types these very words
 * is not told apart.
 */
export const isOwnReason = (reason: string): boolean =>
  own.has(reason) || Object.values(refusals).some((beginning) => reason.startsWith(beginning));
