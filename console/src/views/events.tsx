import { short, time } from '../data/format.js';
import { useResource } from '../data/resource.js';
import { to, toOrder } from '../data/router.js';
import { type Archived, isTrouble, type Page } from '../data/types.js';
import { Filters, withFilters } from '../parts/filters.js';
import { Pager } from '../parts/pager.js';
import { Empty, Loaded } from '../parts/state.js';
import { type Column, Table } from '../parts/table.js';
import type { ViewProps } from '../view.js';
import { EventView } from './event.js';

const columns: readonly Column<Archived>[] = [
  {
    title: 'Type',
    cell: ({ event }) => (
      <a href={to(`/events/${event.id}`)} class={isTrouble(event.type) ? 'trouble' : undefined}>
        {event.type}
      </a>
    ),
  },
  { title: 'Service', cell: ({ service }) => service.replace('-service', '') },
  {
    title: 'About',
    cell: ({ event }) => (
      <a class="mono" href={toOrder(event.subject)} title={event.subject}>
        {short(event.subject)}
      </a>
    ),
  },
  { title: 'Time', cell: ({ event }) => time(event.time), whole: true },
  { title: 'Position', cell: ({ position }) => String(position), number: true },
];

const FILTERS = ['type', 'subject', 'correlation', 'service', 'from', 'to'];

function EventList({ route }: ViewProps) {
  const found = useResource<Page<Archived>>(withFilters('/events', route.query, FILTERS));
  return (
    <>
      <h1>Events</h1>
      <Filters
        fields={[
          { name: 'type', label: 'Type', placeholder: 'payment.failed' },
          { name: 'subject', label: 'Order' },
          { name: 'service', label: 'Service', placeholder: 'payment-service' },
          { name: 'from', label: 'From', moment: true },
          { name: 'to', label: 'To', moment: true },
        ]}
      />
      <Loaded from={found} what="events">
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>No event fits.</Empty>
          ) : (
            <>
              <Table caption="Events, latest first" columns={columns} rows={items} keyOf={({ position }) => String(position)} />
              <Pager next={nextCursor} />
            </>
          )
        }
      </Loaded>
    </>
  );
}

export function EventsView(props: ViewProps) {
  const [, id] = props.route.path;
  return id === undefined ? <EventList {...props} /> : <EventView key={id} id={id} />;
}
