import { count, money, short, time } from '../data/format.js';
import { useResource } from '../data/resource.js';
import { toOrder } from '../data/router.js';
import type { Page } from '../data/types.js';
import { State } from '../parts/badge.js';
import { withFilters } from '../parts/filters.js';
import { Pager } from '../parts/pager.js';
import { Loaded } from '../parts/state.js';
import { type Column, Table } from '../parts/table.js';
import type { ViewProps } from '../view.js';

interface CustomerOrder {
  readonly orderId: string;
  readonly total: number;
  readonly currency: string;
  readonly charged: number;
  readonly refunded: number;
  readonly placedAt: string | null;
  readonly endedAs: string | null;
}

interface Money {
  readonly currency: string;
  readonly amount: number;
}

interface Customer extends Page<CustomerOrder> {
  readonly orders: { readonly placed: number; readonly open: number; readonly completed: number; readonly cancelled: number };
  readonly charged: readonly Money[];
  readonly refunded: readonly Money[];
}

const columns: readonly Column<CustomerOrder>[] = [
  {
    title: 'Order',
    cell: ({ orderId }) => (
      <a class="mono" href={toOrder(orderId)} title={orderId}>
        {short(orderId)}
      </a>
    ),
  },
  { title: 'State', cell: ({ endedAs }) => <State state={endedAs ?? 'open'} /> },
  { title: 'Placed', cell: ({ placedAt }) => (placedAt === null ? '' : time(placedAt)), whole: true },
  { title: 'Total', cell: ({ total, currency }) => money(total, currency), number: true },
  { title: 'Charged', cell: ({ charged, currency }) => money(charged, currency), number: true },
  { title: 'Given back', cell: ({ refunded, currency }) => money(refunded, currency), number: true },
];

const amounts = (all: readonly Money[]) => all.map(({ amount, currency }) => money(amount, currency)).join(', ') || 'nothing';

/** What a customer ordered, and what it cost. */
export function CustomerView({ route }: ViewProps) {
  const [, customerId = ''] = route.path;
  const found = useResource<Customer>(withFilters(`/customers/${encodeURIComponent(customerId)}`, route.query, []));
  return (
    <>
      <h1>Customer {customerId}</h1>
      <Loaded from={found} what="the customer">
        {({ orders, charged, refunded, items, nextCursor }) => (
          <>
            <p class="lead">
              {count(orders.placed)} orders: {count(orders.open)} open, {count(orders.completed)} completed,{' '}
              {count(orders.cancelled)} cancelled. Charged {amounts(charged)}, given back {amounts(refunded)}.
            </p>
            <Table caption="Orders of the customer" columns={columns} rows={items} keyOf={({ orderId }) => orderId} />
            <Pager next={nextCursor} />
          </>
        )}
      </Loaded>
    </>
  );
}
