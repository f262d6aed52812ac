import type { CloudEvent } from '@quickstep/shared/events';
import type { Client } from 'pg';
import type { ServiceName } from './services.js';

interface Order {
  readonly order_id: string;
  readonly status: string;
  readonly total: number;
  readonly items: readonly { readonly sku: string; readonly quantity: number }[];
}

interface Payment {
  readonly order_id: string;
  readonly amount: number;
  readonly charge_id: string | null;
  readonly refund_id: string | null;
  readonly refunded_amount: number;
}

interface Stock {
  readonly sku: string;
  readonly available: number;
  readonly reserved: number;
  readonly on_hand: number;
}

/** What a request or a timer can begin; every other event has an event as its cause. */
const FIRST = ['order.created', 'order.cancellation_requested', 'order.stuck', 'inventory.item_changed'];
const ENDINGS = ['order.completed', 'order.cancelled'];

type Databases = (name: ServiceName) => Client;
type Shelves = Readonly<Record<string, { readonly onHand: number }>>;

const where = (condition: boolean, violation: string) => (condition ? [violation] : []);
const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);

/** The invariants of the saga that do not hold, once every order has ended and nothing moves any more. */
export async function violations(
  events: readonly CloudEvent[],
  placed: readonly string[],
  shelves: Shelves,
  database: Databases,
): Promise<string[]> {
  const orders = await rows<Order>(
    database('order'),
    'select order_id, status, total::float8 as total, items from orders where order_id = any($1)',
    placed,
  );
  return [
    ...everyOrderEnds(placed, orders, events),
    ...everyEventHasACause(events),
    ...(await stockAddsUp(orders, shelves, database('inventory'))),
    ...(await moneyAddsUp(orders, database('payment'))),
    ...(await reservationsFollow(orders, database('inventory'))),
    ...(await parcelsFollow(orders, database('shipping'))),
  ];
}

async function rows<Row>(client: Client, statement: string, ids: readonly string[]): Promise<Row[]> {
  return (await client.query(statement, [ids])).rows;
}

function everyOrderEnds(placed: readonly string[], orders: readonly Order[], events: readonly CloudEvent[]): string[] {
  const statuses = new Map(orders.map(({ order_id, status }) => [order_id, status]));
  const ended = new Map<string, string[]>();
  for (const { type, subject } of events) if (ENDINGS.includes(type)) ended.set(subject, [...(ended.get(subject) ?? []), type]);
  return placed.flatMap((id) => {
    const status = statuses.get(id) ?? 'lost';
    const endings = ended.get(id)?.join() ?? 'none';
    return where(endings !== `order.${status.toLowerCase()}`, `Order ${id} is ${status}; its endings: ${endings}`);
  });
}

function everyEventHasACause(events: readonly CloudEvent[]): string[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  return events.flatMap((event) => {
    const { id, type, subject, correlationid, causationid } = event;
    const cause = byId.get(causationid);
    const saga = cause?.correlationid ?? subject;
    return [
      ...where(cause === undefined && !FIRST.includes(type), `${type} ${id} has no known cause`),
      ...where(correlationid !== saga, `${type} ${id} belongs to the saga ${correlationid} instead of ${saga}`),
    ];
  });
}

async function stockAddsUp(orders: readonly Order[], shelves: Shelves, client: Client): Promise<string[]> {
  const sold = new Map<string, number>();
  for (const { status, items } of orders) {
    if (status !== 'COMPLETED') continue;
    for (const { sku, quantity } of items) sold.set(sku, (sold.get(sku) ?? 0) + quantity);
  }
  const stock = await rows<Stock>(
    client,
    `select sku, available::float8 as available, reserved::float8 as reserved, on_hand::float8 as on_hand
       from stock_items where sku = any($1)`,
    Object.keys(shelves),
  );
  return stock.flatMap(({ sku, available, reserved, on_hand }) => {
    const left = (shelves[sku]?.onHand ?? 0) - (sold.get(sku) ?? 0);
    return [
      ...where(on_hand !== available + reserved, `${sku}: ${on_hand} on hand, ${available} available, ${reserved} reserved`),
      ...where(Math.min(available, reserved, on_hand) < 0, `${sku} has a negative level`),
      ...where(reserved !== 0, `${sku}: ${reserved} units are still reserved`),
      ...where(on_hand !== left, `${sku}: ${on_hand} on hand instead of ${left}`),
    ];
  });
}

async function moneyAddsUp(orders: readonly Order[], client: Client): Promise<string[]> {
  const ids = orders.map(({ order_id }) => order_id);
  const payments = await rows<Payment>(
    client,
    `select order_id, amount::float8 as amount, charge_id, refund_id, refunded_amount::float8 as refunded_amount
       from payments where order_id = any($1)`,
    ids,
  );
  // What the gateway itself remembers: it must not have moved more money than the service knows of.
  const moved = await rows<{ reference: string; charges: number; refunds: number; charged: number }>(
    client,
    `select reference,
            count(*) filter (where answer->>'kind' = 'charged')::int as charges,
            count(distinct answer->>'refundId')::int as refunds,
            coalesce(sum((answer->>'amount')::float8) filter (where answer->>'kind' = 'charged'), 0)::float8 as charged
       from provider_answers where reference = any($1) group by reference`,
    ids,
  );
  const held = new Map(payments.map((each) => [each.order_id, each.charge_id === null ? 0 : each.amount - each.refunded_amount]));
  const taken = sum(payments.map((each) => (each.charge_id === null ? 0 : each.amount)));
  const completed = sum(orders.map(({ status, total }) => (status === 'COMPLETED' ? total : 0)));
  return [
    ...orders.flatMap(({ order_id, status, total }) => {
      const due = status === 'COMPLETED' ? total : 0;
      const holds = held.get(order_id) ?? 0;
      return where(holds !== due, `Order ${order_id} is ${status}; ${holds} of its total of ${total} are held`);
    }),
    ...moved.flatMap(({ reference, charges, refunds }) => [
      ...where(charges > 1, `Order ${reference} was charged ${charges} times`),
      ...where(refunds > 1, `Order ${reference} was refunded ${refunds} times`),
    ]),
    ...where(sum([...held.values()]) !== completed, `${sum([...held.values()])} are held, but ${completed} were earned`),
    ...where(taken !== sum(moved.map(({ charged }) => charged)), 'The gateway has taken another sum than the service knows'),
  ];
}

async function reservationsFollow(orders: readonly Order[], client: Client): Promise<string[]> {
  const found = await rows<{ order_id: string; status: string }>(
    client,
    'select order_id, status from reservations where order_id = any($1)',
    orders.map(({ order_id }) => order_id),
  );
  const reservations = new Map(found.map(({ order_id, status }) => [order_id, status]));
  return orders.flatMap(({ order_id, status }) => {
    const reservation = reservations.get(order_id) ?? 'none';
    const fits = status === 'COMPLETED' ? reservation === 'committed' : ['released', 'insufficient'].includes(reservation);
    return where(!fits, `Order ${order_id} is ${status}, but its stock is ${reservation}`);
  });
}

async function parcelsFollow(orders: readonly Order[], client: Client): Promise<string[]> {
  const found = await rows<{ order_id: string; gone: boolean }>(
    client,
    `select order_id, tracking_number is not null and not recalled as gone from shipments where order_id = any($1)`,
    orders.map(({ order_id }) => order_id),
  );
  const gone = new Map(found.map((each) => [each.order_id, each.gone]));
  return orders.flatMap(({ order_id, status }) =>
    where((gone.get(order_id) ?? false) !== (status === 'COMPLETED'), `Order ${order_id} is ${status}, its parcel is not`),
  );
}
