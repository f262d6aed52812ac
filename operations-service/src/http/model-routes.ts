import {
  decodeCursor,
  decodePlace,
  encodeCursor,
  Nullable,
  notFound,
  pageOf,
  pageQuery,
  pageSchema,
  placeKey,
  problems,
  queryChecker,
  type ReadContext,
  type Route,
  Timestamp,
} from '@quickstep/shared/http';
import { type Static, Type } from '@sinclair/typebox';
import { type Access, guarded } from '../access/index.js';
import type { Projections } from '../projections/index.js';
import { readCustomer, readSales, type Saga, sagas, sales } from '../read-models/index.js';
import { spanOf, spanQuery } from './archive-query.js';

const missing = { status: problems.not_found.status, code: 'not_found', when: problems.not_found.title };
const behind = { status: problems.unavailable.status, code: 'unavailable', when: 'What is asked for is being rebuilt' };

const Money = Type.Object({ currency: Type.String(), amount: Type.Integer({ description: 'Minor units' }) });
const CustomerOrder = Type.Object({
  orderId: Type.String(),
  total: Type.Integer(),
  currency: Type.String(),
  charged: Type.Integer(),
  refunded: Type.Integer(),
  placedAt: Nullable(Timestamp),
  endedAt: Nullable(Timestamp),
  endedAs: Nullable(Type.String()),
});
const Customer = Type.Object({
  customerId: Type.String(),
  orders: Type.Object({ placed: Type.Integer(), open: Type.Integer(), completed: Type.Integer(), cancelled: Type.Integer() }),
  charged: Type.Array(Money),
  refunded: Type.Array(Money),
  ...pageSchema(CustomerOrder).properties,
});

const checkCustomer = queryChecker(Type.Object(pageQuery, { additionalProperties: false }));
const checkSales = queryChecker(Type.Object({ ...spanQuery, ...pageQuery }, { additionalProperties: false }));

const Side = Type.Object({
  orders: Type.Integer(),
  quantity: Type.Integer(),
  amount: Type.Integer({ description: 'Minor units' }),
});
const Sale = Type.Object({ day: Type.String(), sku: Type.String(), currency: Type.String(), completed: Side, cancelled: Side });
const SALE_KEY = /^\d{4}-\d\d-\d\d [A-Z0-9-]{1,32} [A-Z]{3}$/;
const CUSTOMER_ORDER = /^[^\0]{1,512}$/;

function orderView({
  orderId,
  total,
  currency,
  charged,
  refunded,
  placedAt,
  endedAt,
  state,
}: Saga): Static<typeof CustomerOrder> {
  return { orderId, total, currency, charged, refunded, placedAt, endedAt, endedAs: endedAt === null ? null : state };
}

/** @param projections undefined for documents: the routes of no running service */
export const modelRoutes = (access: Access, projections: Projections | undefined): Route<ReadContext>[] => [
  guarded(access, 'reader', {
    method: 'get',
    path: '/customers/{customerId}',
    summary: "A customer's orders, newest first, and what was charged and given back in all",
    params: Type.Object({ customerId: Type.String({ maxLength: 64 }) }),
    query: Type.Object(pageQuery),
    response: { status: 200, description: 'The customer', schema: Customer },
    problems: [missing, behind],
    async run(call, { dataSource }) {
      const { limit, cursor } = checkCustomer(call.request);
      await projections?.require(sagas);
      const customerId = String(call.request.params.customerId);
      const after = decodePlace(cursor, CUSTOMER_ORDER);
      const found = customerId.includes('\0')
        ? undefined
        : await readCustomer(dataSource, customerId, { after, limit: limit + 1 });
      if (found === undefined) throw notFound('order of this customer');
      const { items, ...next } = pageOf(found.orders, limit, ({ startedAt, orderId }) => placeKey(startedAt, orderId));
      call.json(200, { customerId, ...found.sums, items: items.map(orderView), ...next });
    },
  }),
  guarded(access, 'reader', {
    method: 'get',
    path: '/sales',
    summary: 'What was sold, and what was cancelled, by day and SKU, in order; a day is that on which an order ended (UTC)',
    query: Type.Object({ ...spanQuery, ...pageQuery }),
    response: { status: 200, description: 'A page of days and SKUs', schema: pageSchema(Sale) },
    problems: [behind],
    async run(call, { dataSource }) {
      const { limit, cursor, ...span } = checkSales(call.request);
      const { from, until } = spanOf(span);
      await projections?.require(sales);
      const after = decodeCursor(cursor, SALE_KEY);
      const found = await readSales(dataSource, { from, until, after, limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      const next =
        found.length > limit && last !== undefined
          ? { nextCursor: encodeCursor(`${last.day} ${last.sku} ${last.currency}`) }
          : {};
      call.json(200, { items, ...next });
    },
  }),
];
