import { OrderView, orderView } from '@quickstep/order-service/views';
import {
  decodePlace,
  Nullable,
  named,
  notFound,
  pageOf,
  pageQuery,
  pageSchema,
  placeKey,
  problems,
  queryChecker,
  type ReadContext,
  type Route,
  UUID_KEY,
} from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { hide } from '../access/hidden.js';
import { type Access, guarded } from '../access/index.js';
import { Archive } from '../archive/index.js';
import type { Projections } from '../projections/index.js';
import { listSagas, ordersAt, sagas } from '../read-models/index.js';
import { timeField, timeOf } from './archive-query.js';
import { auditReveal, checkMayReveal, mayNotReveal, revealQuery } from './reveal.js';

/** Of the order service's view all but its deadline, which is a setting of that service and stands in no event. */
const foldedFields = Type.Object({
  ...Type.Omit(OrderView, ['deadlineAt', 'email', 'shippingAddress']).properties,
  email: Nullable(Type.String({ description: 'Hidden unless it was asked for' })),
  shippingAddress: Nullable(Type.Object({}, { additionalProperties: true, description: 'Hidden unless it was asked for' })),
});
const FoldedOrder = named('Order', foldedFields);

const at = Type.Object({ at: timeField('As it was at this time; as it is without'), ...revealQuery });
const listQuery = Type.Object({ ...pageQuery, ...revealQuery });
const checkAt = queryChecker(Type.Object({ ...at.properties }, { additionalProperties: false }));
const checkPage = queryChecker({ ...listQuery, additionalProperties: false });
const missing = {
  status: problems.not_found.status,
  code: 'not_found',
  when: 'There is no such order, or there was none at that time',
};
const behind = { status: problems.unavailable.status, code: 'unavailable', when: 'What is asked for is being rebuilt' };

/** Later than any event: clocks of services may be ahead of this one's. */
const ALWAYS = new Date(8.64e15);

function foldedView(order: Parameters<typeof orderView>[0], reveal: boolean) {
  const { deadlineAt: _, ...view } = orderView(order);
  if (reveal) return view;
  const { email, shippingAddress, reason } = view;
  const hidden = { email: hide('email', email), shippingAddress: hide('shippingAddress', shippingAddress) };
  return { ...view, ...hidden, reason: hide('reason', reason) };
}

/** @param projections undefined for documents: the routes of no running service */
export const orderRoutes = (access: Access, projections: Projections | undefined): Route<ReadContext>[] => [
  guarded(access, 'reader', {
    method: 'get',
    path: '/orders/{orderId}',
    summary: 'An order as it was at a time, made of its events by the rules of the order service; personal data are hidden',
    params: Type.Object({ orderId: Type.String({ maxLength: 512 }) }),
    query: at,
    response: { status: 200, description: 'The order', schema: FoldedOrder },
    problems: [missing, mayNotReveal],
    async run(call, { dataSource }, caller) {
      const { reveal, at: given } = checkAt(call.request);
      checkMayReveal(caller, reveal);
      const time = timeOf(given, '/at') ?? ALWAYS;
      const orderId = String(call.request.params.orderId).toLowerCase();
      const events = UUID_KEY.test(orderId) ? await new Archive(dataSource).about(orderId) : [];
      const order = (await ordersAt(events, time)).get(orderId);
      if (order === undefined) throw notFound('such order in the archive, or there was none at that time');
      if (reveal) await auditReveal(dataSource, caller, { what: 'orders.reveal', about: orderId });
      call.json(200, foldedView(order, reveal));
    },
  }),
  guarded(access, 'reader', {
    method: 'get',
    path: '/orders',
    summary: 'Orders made of their events, newest first; personal data are hidden',
    query: listQuery,
    response: { status: 200, description: 'A page of orders', schema: pageSchema(FoldedOrder) },
    problems: [behind, mayNotReveal],
    async run(call, { dataSource }, caller) {
      const { limit, cursor, reveal } = checkPage(call.request);
      checkMayReveal(caller, reveal);
      await projections?.require(sagas);
      const known = await listSagas(dataSource, { after: decodePlace(cursor, UUID_KEY), limit: limit + 1 });
      const { items, ...next } = pageOf(known, limit, ({ startedAt, orderId }) => placeKey(startedAt, orderId));
      const ids = items.map(({ orderId }) => orderId);
      const orders = await ordersAt(await new Archive(dataSource).aboutAny(ids), ALWAYS);
      const folded = ids.map((id) => orders.get(id)).filter((order) => order !== undefined);
      if (reveal) await auditReveal(dataSource, caller, { what: 'orders.reveal', details: { orders: ids } });
      call.json(200, { items: folded.map((order) => foldedView(order, reveal)), ...next });
    },
  }),
];
