import { newOrder } from '../dead-letters.js';
import { antarctica, type Shop } from '../shop.js';
import { until } from '../until.js';
import type { ConsoleWorld } from './world.js';

/** Ids of orders, by what has become of them. */
export interface Scene {
  readonly completed: string;
  readonly declined: string;
  readonly soldOut: string;
  readonly refused: string;
  readonly cancelled: string;
  readonly stuck: string;
  /** Its charge is parked. */
  readonly failing: string;
}

async function cancelledOrder(shop: Shop): Promise<string> {
  shop.gates.beforeCharge.close();
  const { id } = await shop.place({ customerId: 'customer-2' });
  await shop.gates.beforeCharge.holds(id);
  await shop.cancel(id);
  await shop.eventOf(id, 'order.cancellation_requested');
  shop.gates.beforeCharge.open();
  await shop.ended(id);
  return id;
}

/** Its money is on its way back, and does not come. */
async function stuckOrder(shop: Shop): Promise<string> {
  shop.gates.afterRefund.close();
  const { id } = await shop.place({ customerId: 'customer-3', shippingAddress: antarctica });
  await shop.gates.afterRefund.holds(id);
  await shop.expire(id);
  await shop.eventOf(id, 'order.cancellation_requested');
  await shop.expire(id);
  await shop.eventOf(id, 'order.stuck');
  return id;
}

/** The gateway fails for this customer's order until it is mended. */
export async function failingOrder(world: ConsoleWorld, customerId: string): Promise<string> {
  const { shop, desk } = world;
  shop.interventions.charge = () => Promise.reject(new Error('The payment gateway answers 503'));
  const { id } = await shop.place({ customerId });
  await desk.waiting(1, `order=${id}`);
  shop.interventions.charge = (real, ...args) => real(...args);
  return id;
}

/** An event whose data are wrong in one place. */
export function wrongOrder() {
  const event = newOrder();
  return { ...event, data: { ...event.data, currency: 'euro' } };
}

/** The five endings, a stuck order, and dead letters of three causes. */
export async function playScene(world: ConsoleWorld): Promise<Scene> {
  const { shop, desk, parking, operations } = world;
  const soldOut = await shop.place({ customerId: 'customer-2', items: [{ sku: 'SKU-RARE', quantity: 5 }] });
  const declined = await shop.place({ customerId: 'customer-2', paymentMethod: 'pm_card_declined' });
  const refused = await shop.place({ customerId: 'customer-2', shippingAddress: antarctica });
  const completed = await shop.place({ customerId: 'customer-1' });
  for (const { id } of [soldOut, declined, refused, completed]) await shop.ended(id);
  const cancelled = await cancelledOrder(shop);
  const failing = await failingOrder(world, 'customer-4');
  parking.send('no JSON');
  parking.send('no JSON either');
  parking.send(JSON.stringify(wrongOrder()));
  await parking.confirmed();
  await desk.waiting(4);
  const stuck = await stuckOrder(shop);
  await until(
    async () => (await operations.call<{ items: unknown[] }>('GET', '/sagas?stuck=true')).body.items[0],
    () => 'The operations service knows of no stuck order',
  );
  return { completed: completed.id, declined: declined.id, soldOut: soldOut.id, refused: refused.id, cancelled, stuck, failing };
}
