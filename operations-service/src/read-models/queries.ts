import { entityOf } from '@quickstep/shared/db';
import type { Place } from '@quickstep/shared/http';
import type { DataSource } from 'typeorm';
import { type Saga, Sagas } from './sagas.js';
import { type Sale, Sales } from './sales.js';

interface Money {
  readonly currency: string;
  readonly amount: number;
}

interface Page<After> {
  readonly after: After | undefined;
  readonly limit: number;
}

const SUMS = `
  select currency, count(*)::int as placed, count(*) filter (where ended_at is null)::int as open,
    count(*) filter (where ended_at is not null and state = 'COMPLETED')::int as completed,
    count(*) filter (where ended_at is not null and state = 'CANCELLED')::int as cancelled,
    sum(charged)::bigint as charged, sum(refunded)::bigint as refunded
  from sagas where customer_id = $1 and currency <> '' group by currency order by currency`;

interface Sums {
  readonly currency: string;
  readonly placed: number;
  readonly open: number;
  readonly completed: number;
  readonly cancelled: number;
  readonly charged: number;
  readonly refunded: number;
}

/**
 * A customer's orders, latest first by the time of their first event (that of the placing may not be in the archive yet), with the sums
 * over all of them; undefined when there are none.
 */
export async function readCustomer(dataSource: DataSource, customerId: string, { after, limit }: Page<Place>) {
  const sums: Sums[] = await dataSource.query(SUMS, [customerId]);
  if (sums.length === 0) return undefined;
  const count = (of: (each: Sums) => number) => sums.reduce((sum, each) => sum + of(each), 0);
  const money = (of: (each: Sums) => number): Money[] => sums.map((each) => ({ currency: each.currency, amount: of(each) }));
  const query = dataSource.getRepository(entityOf(Sagas)).createQueryBuilder('s');
  query.where("s.customerId = :customerId and s.currency <> ''", { customerId }).limit(limit);
  query.orderBy('s.startedAt', 'DESC').addOrderBy('s.orderId', 'DESC');
  if (after !== undefined) query.andWhere('(s.startedAt, s.orderId) < (:time, :id)', { ...after });
  const orders = await query.getMany();
  return {
    sums: {
      orders: {
        placed: count(({ placed }) => placed),
        open: count(({ open }) => open),
        completed: count(({ completed }) => completed),
        cancelled: count(({ cancelled }) => cancelled),
      },
      charged: money(({ charged }) => charged),
      refunded: money(({ refunded }) => refunded),
    },
    orders,
  };
}

const dayOf = (time: Date) => time.toISOString().slice(0, 10);

/** Days and SKUs in order. The days in which `from` and `until` lie are whole days of it, the latter not when it is midnight. */
export async function readSales(
  dataSource: DataSource,
  { from, until, after, limit }: Page<string> & { readonly from: Date | undefined; readonly until: Date | undefined },
) {
  const query = dataSource.getRepository(entityOf(Sales)).createQueryBuilder('s').limit(limit);
  query.orderBy('s.day').addOrderBy('s.sku').addOrderBy('s.currency');
  if (from !== undefined) query.andWhere('s.day >= :from', { from: dayOf(from) });
  if (until !== undefined) query.andWhere('s.day <= :last', { last: dayOf(new Date(until.getTime() - 1)) });
  if (after !== undefined) {
    const [day, sku, currency] = after.split(' ');
    query.andWhere('(s.day, s.sku, s.currency) > (:day, :sku, :currency)', { day, sku, currency });
  }
  return (await query.getMany()).map(saleView);
}

function saleView({ day, sku, currency, ...sums }: Sale) {
  const { completedOrders, completedQuantity, completedAmount, cancelledOrders, cancelledQuantity, cancelledAmount } = sums;
  return {
    day,
    sku,
    currency,
    completed: { orders: completedOrders, quantity: completedQuantity, amount: completedAmount },
    cancelled: { orders: cancelledOrders, quantity: cancelledQuantity, amount: cancelledAmount },
  };
}

export interface SagaFilter extends Page<Place> {
  readonly state?: string | undefined;
  readonly customerId?: string | undefined;
  readonly stuck?: boolean | undefined;
  /** A service, a step, or a type of event by which it may answer. */
  readonly waitingFor?: string | undefined;
  /** Begun before, and not ended. */
  readonly begunBefore?: Date | undefined;
}

const WAITS_FOR = `exists (select from jsonb_array_elements(s.waiting) as w
  where :waitingFor in (w ->> 'step', w ->> 'service', replace(w ->> 'service', '-service', '')) or jsonb_exists(w -> 'answers', :waitingFor))`;

/** Latest first, by the time of their first event: ids that are made of an idempotency key do not grow with time. */
export function listSagas(dataSource: DataSource, filter: SagaFilter): Promise<Saga[]> {
  const { state, customerId, stuck, waitingFor, begunBefore, after, limit } = filter;
  const query = dataSource.getRepository(entityOf(Sagas)).createQueryBuilder('s').limit(limit);
  query.orderBy('s.startedAt', 'DESC').addOrderBy('s.orderId', 'DESC');
  if (state !== undefined) query.andWhere('s.state = :state', { state });
  // As the partial indices have it.
  if (state === 'CANCELLED') query.andWhere("s.state = 'CANCELLED'");
  if (state !== undefined && state !== 'CANCELLED' && state !== 'COMPLETED') query.andWhere('s.endedAt is null');
  if (customerId !== undefined) query.andWhere('s.customerId = :customerId', { customerId });
  if (stuck === true) query.andWhere('s.endedAt is null and s.stuckSince is not null');
  if (stuck === false) query.andWhere('(s.endedAt is not null or s.stuckSince is null)');
  if (waitingFor !== undefined) query.andWhere('s.endedAt is null').andWhere(WAITS_FOR, { waitingFor });
  if (begunBefore !== undefined) query.andWhere('s.endedAt is null and s.startedAt < :begunBefore', { begunBefore });
  if (after !== undefined) query.andWhere('(s.startedAt, s.orderId) < (:time, :id)', { ...after });
  return query.getMany();
}

export function findSaga(dataSource: DataSource, orderId: string): Promise<Saga | null> {
  return dataSource.getRepository(entityOf(Sagas)).findOneBy({ orderId });
}
