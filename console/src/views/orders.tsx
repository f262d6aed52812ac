import { duration, inWords, short, time } from '../data/format.js';
import { useResource } from '../data/resource.js';
import { to, toOrder } from '../data/router.js';
import type { Page, Saga } from '../data/types.js';
import { State } from '../parts/badge.js';
import { Filters, withFilters } from '../parts/filters.js';
import { Pager } from '../parts/pager.js';
import { Empty, Loaded } from '../parts/state.js';
import { type Column, Table } from '../parts/table.js';
import type { ViewProps } from '../view.js';
import { OrderView } from './order.js';

const STATES = ['PENDING', 'RESERVED', 'PAID', 'COMPLETED', 'CANCELLING', 'CANCELLED'];

export const sagaColumns: readonly Column<Saga>[] = [
  {
    title: 'Order',
    cell: ({ orderId }) => (
      <a class="mono" href={toOrder(orderId)} title={orderId}>
        {short(orderId)}
      </a>
    ),
  },
  { title: 'Customer', cell: ({ customerId }) => <a href={to(`/customers/${encodeURIComponent(customerId)}`)}>{customerId}</a> },
  { title: 'State', cell: ({ state, stuckSince }) => <State state={state} stuck={stuckSince !== null} />, whole: true },
  { title: 'Last event', cell: ({ lastEvent }) => lastEvent, whole: true },
  {
    title: 'Waits for',
    long: true,
    cell: ({ waiting }) =>
      [...new Set(waiting.map(({ step, service }) => `${inWords(step)} (${service.replace('-service', '')})`))].join(', '),
  },
  { title: 'Reason', cell: ({ reason }) => reason ?? '', long: true },
  { title: 'Began', cell: ({ startedAt }) => (startedAt === null ? '' : time(startedAt)), whole: true },
  { title: 'Age', cell: ({ age }) => duration(age * 1_000), number: true },
];

const FILTERS = ['state', 'customerId', 'waitingFor', 'olderThan', 'stuck'];

function OrderList({ route }: ViewProps) {
  const found = useResource<Page<Saga>>(withFilters('/sagas', route.query, FILTERS));
  return (
    <>
      <h1>Orders</h1>
      <Filters
        fields={[
          { name: 'state', label: 'State', choices: STATES.map((state) => [state, state]) },
          {
            name: 'stuck',
            label: 'Stuck',
            choices: [
              ['true', 'only stuck ones'],
              ['false', 'without stuck ones'],
            ],
          },
          { name: 'customerId', label: 'Customer' },
          { name: 'waitingFor', label: 'Waits for', placeholder: 'service, step or event' },
          { name: 'olderThan', label: 'Open for more than (s)' },
        ]}
      />
      <Loaded from={found} what="orders">
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>No order fits.</Empty>
          ) : (
            <>
              <Table caption="Orders" columns={sagaColumns} rows={items} keyOf={({ orderId }) => orderId} />
              <Pager next={nextCursor} />
            </>
          )
        }
      </Loaded>
    </>
  );
}

export function OrdersView(props: ViewProps) {
  const [, orderId] = props.route.path;
  return orderId === undefined ? <OrderList {...props} /> : <OrderView key={orderId} orderId={orderId} route={props.route} />;
}
