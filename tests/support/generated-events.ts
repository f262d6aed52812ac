import type { AnalysedEvent } from '@quickstep/operations-service/analytics';
import { randomFrom } from '../../tools/src/chaos/random.js';

/** An event as it arrives in the archive. */
interface Arriving {
  readonly arrives: number;
  readonly event: AnalysedEvent;
}

const START = Date.UTC(2026, 10, 1);
const LATE_IN_HUNDRED = 5;
const LATEST = 120_000;

/**
 * The events of many orders in the order of their arrival: of each hundred orders some are declined, refused or short of stock, and 5 % of the
 * events arrive up to two minutes late. The same for the same seed.
 */
export function generatedEvents(orders: number, seed: number, everyMs = 20): AnalysedEvent[] {
  const { below: pick } = randomFrom(seed);
  const arriving: Arriving[] = [];
  const add = (type: string, subject: string, time: number, data: object) => {
    const late = pick(100) < LATE_IN_HUNDRED ? pick(LATEST) : pick(50);
    const event = {
      id: `${subject}-${type}`,
      type,
      source: `/${type.split('.')[0]}-service`,
      subject,
      time: new Date(time).toISOString(),
      data,
    };
    arriving.push({ arrives: time + late, event });
  };
  for (let index = 0; index < orders; index++) {
    const subject = `order-${index}`;
    const placed = START + index * everyMs + pick(everyMs);
    const items = Array.from({ length: 1 + pick(3) }, (_, line) => ({
      sku: `SKU-${line}${pick(10)}`,
      quantity: 1 + pick(5),
      unitPrice: pick(10_000),
    }));
    const total = items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
    const order = {
      orderId: subject,
      customerId: `customer-${pick(2_000)}`,
      currency: pick(4) === 0 ? 'USD' : 'EUR',
      items,
      total,
    };
    add('order.created', subject, placed, order);
    const fate = pick(100);
    if (fate < 3) {
      add('inventory.insufficient', subject, placed + 5, {
        orderId: subject,
        shortages: [{ sku: items[0]?.sku, requested: 9, available: 0 }],
      });
      add('order.cancelled', subject, placed + 9, { ...order, reason: 'out of stock' });
      continue;
    }
    add('inventory.reserved', subject, placed + 5 + pick(10), order);
    const paid = placed + 20 + pick(500);
    if (fate < 13) {
      add('payment.failed', subject, paid, { orderId: subject, reason: 'declined' });
      add('order.cancelled', subject, paid + 30, { ...order, reason: 'declined' });
      continue;
    }
    add('payment.completed', subject, paid, order);
    if (fate < 16) {
      add('shipping.failed', subject, paid + 20, { orderId: subject, reason: 'refused' });
      add('order.cancelled', subject, paid + 60, { ...order, reason: 'refused' });
      continue;
    }
    add('shipping.shipped', subject, paid + 20 + pick(200), { orderId: subject, items });
    add('order.completed', subject, paid + 250 + pick(60), { ...order, trackingNumber: `QS${index}` });
  }
  return arriving.sort((a, b) => a.arrives - b.arrives).map(({ event }) => event);
}
