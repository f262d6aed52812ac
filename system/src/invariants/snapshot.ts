/**
 * What the rules look at: rows of the services as their tables hold them. Declared here by their shape, so that nothing of a service is
 * imported; the services' own row types fit.
 */
export interface Line {
  readonly sku: string;
  readonly quantity: number;
}

export interface OrderRow {
  readonly orderId: string;
  readonly status: string;
  /** Integer minor units, like all amounts. */
  readonly total: number;
  readonly items: readonly Line[];
}

export interface PaymentRow {
  readonly orderId: string;
  readonly amount: number;
  readonly chargeId: string | null;
  readonly refundId: string | null;
  readonly refundedChargeId: string | null;
  readonly refundedAmount: number;
  /** Charges beside the one kept for the order, which are given back. */
  readonly surplusCharges: readonly SurplusCharge[];
}

export interface SurplusCharge {
  readonly chargeId: string;
  readonly amount: number;
  /** Null until it has been given back. */
  readonly reversalId: string | null;
}

export interface ReservationRow {
  readonly orderId: string;
  readonly status: string;
  readonly items: readonly Line[];
}

export interface ShipmentRow {
  readonly orderId: string;
  readonly trackingNumber: string | null;
  readonly recalled: boolean;
  /** Tracking numbers of parcels beside the one of the order, which are called back. */
  readonly surplusParcels: readonly string[];
}

export interface NotificationRow {
  readonly orderId: string;
  readonly template: string;
}

export interface StockRow {
  readonly sku: string;
  readonly available: number;
  readonly reserved: number;
  readonly onHand: number;
}

export interface Money {
  /** Of the charge, the refund or the reversal. */
  readonly id: string;
  readonly amount: number;
}

/** What gateway and carrier themselves remember of one order. */
export interface ProvidersRecord {
  readonly orderId: string;
  readonly charges: readonly Money[];
  /** Refunds and reversals. */
  readonly refunds: readonly Money[];
  /** Tracking numbers of all parcels booked, and of those called back; left out where the carrier's record is not read. */
  readonly parcels?: readonly string[];
  readonly recalled?: readonly string[];
}

/** Rows of whole tables, or of a page of orders. What is left out is not checked. */
export interface Snapshot {
  readonly orders: Iterable<OrderRow>;
  readonly payments: Iterable<PaymentRow>;
  readonly reservations: Iterable<ReservationRow>;
  readonly shipments: Iterable<ShipmentRow>;
  readonly notifications?: Iterable<NotificationRow>;
  readonly providers?: Iterable<ProvidersRecord>;
}

/** All that is known of one order. */
export interface Saga {
  readonly orderId: string;
  order?: OrderRow;
  payment?: PaymentRow;
  reservation?: ReservationRow;
  shipment?: ShipmentRow;
  /** Undefined when the providers were not asked. */
  providers?: ProvidersRecord;
  /** Templates of the messages to the customer; undefined when nobody asked for them. */
  told?: string[];
}

/** The rows of each order together. */
export function sagasOf(snapshot: Snapshot): Saga[] {
  const sagas = new Map<string, Saga>();
  const saga = (orderId: string): Saga => {
    const known = sagas.get(orderId);
    if (known !== undefined) return known;
    const made: Saga = { orderId, ...(snapshot.notifications === undefined ? {} : { told: [] }) };
    sagas.set(orderId, made);
    return made;
  };
  for (const order of snapshot.orders) saga(order.orderId).order = order;
  for (const payment of snapshot.payments) saga(payment.orderId).payment = payment;
  for (const reservation of snapshot.reservations) saga(reservation.orderId).reservation = reservation;
  for (const shipment of snapshot.shipments) saga(shipment.orderId).shipment = shipment;
  for (const { orderId, template } of snapshot.notifications ?? []) saga(orderId).told?.push(template);
  for (const providers of snapshot.providers ?? []) saga(providers.orderId).providers = providers;
  return [...sagas.values()];
}
