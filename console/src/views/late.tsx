import { count } from '../data/format.js';
import { useResource } from '../data/resource.js';
import { refine, to } from '../data/router.js';
import type { Page, Saga } from '../data/types.js';
import { withFilters } from '../parts/filters.js';
import { Pager } from '../parts/pager.js';
import { Empty, Loaded } from '../parts/state.js';
import { Table } from '../parts/table.js';
import type { ViewProps } from '../view.js';
import { sagaColumns } from './orders.js';

const AGES: readonly (readonly [string, string])[] = [
  ['10', '10 seconds'],
  ['60', 'a minute'],
  ['600', '10 minutes'],
  ['3600', 'an hour'],
];

/** Orders that a person should look at: stuck ones, and those that are open for long. */
export function LateView({ route }: ViewProps) {
  const olderThan = route.query.get('olderThan') ?? '60';
  const stuck = useResource<Page<Saga>>('/sagas?stuck=true');
  const late = useResource<Page<Saga>>(withFilters('/sagas', route.query, [], { olderThan }));
  return (
    <>
      <h1>Stuck and late</h1>
      <h2>Stuck: past the deadline, and could not be cancelled</h2>
      <Loaded from={stuck} what="stuck orders">
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>No order is stuck.</Empty>
          ) : (
            <>
              <Table caption="Stuck orders" columns={sagaColumns} rows={items} keyOf={({ orderId }) => orderId} />
              {nextCursor !== undefined && (
                <p>
                  These are the newest {count(items.length)}; there are more: <a href={to('/orders', { stuck: 'true' })}>all</a>.
                </p>
              )}
            </>
          )
        }
      </Loaded>
      <h2>
        Open for more than{' '}
        <select aria-label="Age" value={olderThan} onChange={(event) => refine({ olderThan: event.currentTarget.value })}>
          {AGES.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </h2>
      <Loaded from={late} what="late orders">
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>No open order is that old.</Empty>
          ) : (
            <>
              <Table caption="Late orders" columns={sagaColumns} rows={items} keyOf={({ orderId }) => orderId} />
              <Pager next={nextCursor} />
            </>
          )
        }
      </Loaded>
    </>
  );
}
