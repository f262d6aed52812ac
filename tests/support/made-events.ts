import type { Client } from 'pg';

/** Events of a completed order, in order: type, service, step. */
const STORY = [
  ['order.created', 'order-service', 'placeOrder'],
  ['inventory.reserved', 'inventory-service', 'reserveStock'],
  ['payment.completed', 'payment-service', 'chargePayment'],
  ['shipping.shipped', 'shipping-service', 'bookShipment'],
  ['order.completed', 'order-service', 'trackOrder'],
  ['notification.sent', 'notification-service', 'notifyCustomer'],
] as const;

export const EVENTS_OF_AN_ORDER = STORY.length;

/** Made on the server, as the archive would hold them: orders by their number, one every half a minute, each event a second after its cause. */
const MAKE = `
  insert into archive (id, service, type, subject, time, event)
  select id, service, type, subject, time, json_build_object(
      'specversion', '1.0', 'id', id, 'type', type, 'source', '/' || service, 'subject', subject,
      'time', to_char(time at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'datacontenttype', 'application/json',
      'dataschema', 'urn:quickstep:' || type, 'data', json_build_object(
        'orderId', subject, 'customerId', 'customer-' || number % 10000, 'email', 'ada@example.com', 'total', 2500, 'currency', 'EUR',
        'items', json_build_array(json_build_object('sku', 'SKU-' || lpad((number % 100)::text, 3, '0'), 'quantity', 1, 'unitPrice', 2500)),
        'paymentMethod', 'pm_card_ok', 'chargeId', 'charge-' || number, 'trackingNumber', 'TRACK-' || number,
        'notificationId', id, 'template', 'order-completed', 'shippingAddress', json_build_object('name', 'Ada Lovelace',
          'line1', '12 St James Square', 'city', 'London', 'postalCode', 'SW1Y 4JH', 'country', 'GB')),
      'dataversion', case type when 'order.created' then '2.0' else '1.0' end, 'correlationid', subject, 'causationid', cause,
      'tenantid', 'default', 'idempotencykey', cause || ':' || step || ':0', 'traceparent', '')::text
  from generate_series($1::int, $2::int) as number,
    lateral (select md5('order ' || number)::uuid::text as subject) as o,
    unnest($3::text[], $4::text[], $5::text[]) with ordinality as s (type, service, step, place),
    lateral (select md5('event ' || number || ' ' || place)::uuid as id, md5('event ' || number || ' ' || place - 1)::uuid::text as cause,
      timestamptz '2026-01-01 00:00:00Z' + number * interval '30 seconds' + place * interval '1 second' as time) as e
  order by number, place`;

const CHUNK = 20_000;

/** The id of the order of a number. */
export const ORDER_ID = "select md5('order ' || $1::int)::uuid::text as id";

/** Puts events of completed orders into an archive, from one number to another. */
export async function makeEvents(archive: Client, from: number, to: number): Promise<void> {
  for (let month = 0; month < 12; month++) {
    const since = new Date(Date.UTC(2026, month));
    const until = new Date(Date.UTC(2026, month + 1));
    const name = `archive_2026_${String(month + 1).padStart(2, '0')}`;
    await archive.query(
      `create table if not exists ${name} partition of archive for values from ('${since.toISOString()}') to ('${until.toISOString()}')`,
    );
  }
  const { rows: indices } = await archive.query<{ name: string; definition: string }>(
    "select indexname as name, replace(indexdef, 'ON ONLY', 'ON') as definition from pg_indexes where tablename = 'archive' and indexname <> 'archive_pkey'",
  );
  // Built in one go afterwards, which takes a fraction of the time.
  for (const { name } of indices) await archive.query(`drop index ${name}`);
  const columns = [0, 1, 2].map((column) => STORY.map((each) => each[column]));
  for (let first = from; first <= to; first += CHUNK)
    await archive.query(MAKE, [first, Math.min(first + CHUNK - 1, to), ...columns]);
  for (const { definition } of indices) await archive.query(definition);
}
