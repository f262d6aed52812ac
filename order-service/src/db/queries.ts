import { entityOf } from '@quickstep/shared/db';
import type { Place } from '@quickstep/shared/http';
import type { DataSource, SelectQueryBuilder } from 'typeorm';
import { hasEnded } from '../domain/status.js';
import { type OrderStatus, orderStatuses } from './facts.js';
import { type Order, Orders } from './tables.js';

export interface OrderFilter {
  readonly status?: OrderStatus;
  readonly customerId?: string;
  readonly stuck?: boolean;
  /** Of the last order of the page before. */
  readonly after: Place | undefined;
  readonly limit: number;
}

export function findOrder(dataSource: DataSource, orderId: string): Promise<Order | null> {
  return dataSource.getRepository(entityOf(Orders)).findOneBy({ orderId });
}

/** Newest first, by the time when they were placed: ids that are made of an idempotency key do not grow with time. */
export function ordersListed(dataSource: DataSource, filter: OrderFilter): SelectQueryBuilder<Order> {
  const { status, customerId, stuck, after, limit } = filter;
  const query = dataSource.getRepository(entityOf(Orders)).createQueryBuilder('o').limit(limit);
  query.orderBy('o.placedAt', 'DESC').addOrderBy('o.orderId', 'DESC');
  if (status !== undefined && hasEnded(status)) query.andWhere('o.ended_as = :status', { status });
  if (status !== undefined && !hasEnded(status)) query.andWhere('o.deadlineAt is not null and o.status = :status', { status });
  if (customerId !== undefined) query.andWhere('o.customerId = :customerId', { customerId });
  if (stuck === true) query.andWhere('o.deadlineAt is not null and o.stuckSince is not null');
  if (after !== undefined) query.andWhere('(o.placedAt, o.orderId) < (:time, :id)', { ...after });
  return query;
}

export async function countByStatus(dataSource: DataSource): Promise<Record<OrderStatus, number>> {
  const rows: { status: OrderStatus; count: number }[] = await dataSource.query(
    `select ended_as as status, count(*)::int as count from orders where ended_as is not null group by ended_as
     union all
     select status, count(*)::int from orders where deadline_at is not null group by status`,
  );
  const counted = new Map(rows.map(({ status, count }) => [status, count]));
  const count = (status: OrderStatus) => counted.get(status) ?? 0;
  const [PENDING, RESERVED, PAID, COMPLETED, CANCELLING, CANCELLED] = orderStatuses;
  return {
    [PENDING]: count(PENDING),
    [RESERVED]: count(RESERVED),
    [PAID]: count(PAID),
    [COMPLETED]: count(COMPLETED),
    [CANCELLING]: count(CANCELLING),
    [CANCELLED]: count(CANCELLED),
  };
}

/** Reads the index of open orders only. */
export function countStuck(dataSource: DataSource): Promise<number> {
  const query = dataSource.getRepository(entityOf(Orders)).createQueryBuilder('o');
  return query.where('o.deadlineAt is not null and o.stuckSince is not null').getCount();
}

/** Orders that have not ended, by status; 0 where there are none. Reads the index of open orders only. */
export async function countOpen(dataSource: DataSource): Promise<ReadonlyMap<string, number>> {
  const rows: { status: OrderStatus; count: number }[] = await dataSource.query(
    'select status, count(*)::int from orders where deadline_at is not null group by status',
  );
  const counted = new Map(rows.map(({ status, count }) => [status, count]));
  return new Map(orderStatuses.filter((status) => !hasEnded(status)).map((status) => [status, counted.get(status) ?? 0]));
}
