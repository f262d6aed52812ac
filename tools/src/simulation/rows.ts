import type { Row } from '@quickstep/shared/rows';
import type {
  Line,
  NotificationRow,
  OrderRow,
  PaymentRow,
  ReservationRow,
  ShipmentRow,
  StockRow,
} from '@quickstep/system/invariants';

/** Reading the services' rows from outside. A row that is not as expected is an error of the simulation. */
function textOf(row: Row, property: string): string {
  const value = row[property];
  if (typeof value !== 'string') throw new TypeError(`${property} is ${typeof value}, not text`);
  return value;
}

function numberOf(row: Row, property: string): number {
  const value = row[property];
  if (typeof value !== 'number') throw new TypeError(`${property} is ${typeof value}, not a number`);
  return value;
}

function listOf<Item>(row: Row, property: string, read: (item: Row) => Item): Item[] {
  const value = row[property];
  if (!Array.isArray(value)) throw new TypeError(`${property} is no list`);
  return value.map(read);
}

const linesOf = (row: Row): Line[] =>
  listOf(row, 'items', (item) => ({ sku: textOf(item, 'sku'), quantity: numberOf(item, 'quantity') }));
const textOrNull = (row: Row, property: string) => (row[property] === null ? null : textOf(row, property));
const orderIdOf = (row: Row) => textOf(row, 'orderId');

export const asOrder = (row: Row): OrderRow => ({
  orderId: orderIdOf(row),
  status: textOf(row, 'status'),
  total: numberOf(row, 'total'),
  items: linesOf(row),
});

export const asPayment = (row: Row): PaymentRow => ({
  orderId: orderIdOf(row),
  amount: numberOf(row, 'amount'),
  chargeId: textOrNull(row, 'chargeId'),
  refundId: textOrNull(row, 'refundId'),
  refundedChargeId: textOrNull(row, 'refundedChargeId'),
  refundedAmount: numberOf(row, 'refundedAmount'),
  surplusCharges: listOf(row, 'surplusCharges', (charge) => ({
    chargeId: textOf(charge, 'chargeId'),
    amount: numberOf(charge, 'amount'),
    reversalId: textOrNull(charge, 'reversalId'),
  })),
});

export const asReservation = (row: Row): ReservationRow => ({
  orderId: orderIdOf(row),
  status: textOf(row, 'status'),
  items: linesOf(row),
});

export const asShipment = (row: Row): ShipmentRow => ({
  orderId: orderIdOf(row),
  trackingNumber: textOrNull(row, 'trackingNumber'),
  recalled: row.recalled === true,
  surplusParcels: listOf(row, 'surplusParcels', String),
});

export const asNotification = (row: Row): NotificationRow => ({ orderId: orderIdOf(row), template: textOf(row, 'template') });

export const asStock = (row: Row): StockRow => ({
  sku: textOf(row, 'sku'),
  available: numberOf(row, 'available'),
  reserved: numberOf(row, 'reserved'),
  onHand: numberOf(row, 'onHand'),
});

export function factsOf({ facts }: Row): string[] {
  return typeof facts === 'object' && facts !== null ? Object.keys(facts) : [];
}

export function hasEnded({ status }: Row): boolean {
  return status === 'COMPLETED' || status === 'CANCELLED';
}
