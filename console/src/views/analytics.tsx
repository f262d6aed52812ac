import { useMemo } from 'preact/hooks';
import { count, time } from '../data/format.js';
import { useResource } from '../data/resource.js';
import { refine, to } from '../data/router.js';
import { seriesOf, type WindowRow } from '../data/series.js';
import type { Page } from '../data/types.js';
import { Filters, withFilters } from '../parts/filters.js';
import { Plot } from '../parts/plot.js';
import { Empty, Loaded } from '../parts/state.js';
import { type Column, Table } from '../parts/table.js';
import type { ViewProps } from '../view.js';

interface Windows extends Page<WindowRow> {
  readonly name: string;
  readonly description: string;
  readonly watermark: string | null;
  readonly counted: number;
  readonly corrections: number;
  readonly tooLate: number;
}

interface Alert {
  readonly id: string;
  readonly pattern: string;
  readonly key: string;
  readonly detail: string;
  readonly eventId: string;
  readonly happenedAt: string;
}

const NAMES = ['orders-placed', 'sales', 'units-sold', 'time-to-complete', 'time-to-decline', 'cancelled-share'];
const SHOWN_SECONDS = 6 * 3_600;

interface DrawnProps {
  readonly name: string;
  readonly rows: readonly WindowRow[];
  /** There are more rows, of earlier windows. */
  readonly cut: boolean;
}

function Drawn({ name, rows, cut }: DrawnProps) {
  const all = useMemo(() => seriesOf(name, rows, cut), [name, rows, cut]);
  const earliest = rows.at(-1)?.start;
  return (
    <>
      {all.map(({ title, points }) => (
        <figure key={title}>
          {all.length > 1 && <figcaption>{title}</figcaption>}
          <Plot label={`${title} over time; the table below has the numbers`} points={points} seconds={SHOWN_SECONDS} />
        </figure>
      ))}
      {cut && earliest !== undefined && (
        <p>Only windows after {time(earliest)} are drawn, as there are too many: give a key to see all of it.</p>
      )}
    </>
  );
}

const windowColumns: readonly Column<WindowRow>[] = [
  { title: 'From', cell: ({ start }) => time(start), whole: true },
  { title: 'Until', cell: ({ end }) => time(end), whole: true },
  { title: 'Key', cell: ({ key }) => key },
  { title: 'Events', cell: (row) => count(row.count), number: true },
  { title: 'Sum', cell: ({ sum }) => count(sum), number: true },
  { title: 'Corrections', cell: ({ corrections }) => count(corrections), number: true },
  { title: 'State', cell: ({ closed }) => (closed ? 'closed' : 'open') },
];

const alertColumns: readonly Column<Alert>[] = [
  { title: 'Pattern', cell: ({ pattern }) => pattern },
  { title: 'About', cell: ({ key }) => key },
  { title: 'What', cell: ({ detail }) => detail, long: true },
  { title: 'When', cell: ({ happenedAt }) => time(happenedAt), whole: true },
  { title: 'Event', cell: ({ eventId }) => <a href={to(`/events/${eventId}`)}>the event that completed it</a> },
];

/** Windows over the time of the events, and what the patterns have found. */
export function AnalyticsView({ route }: ViewProps) {
  const name = route.query.get('name') ?? 'orders-placed';
  const from = new Date(Math.floor(Date.now() / 60_000) * 60_000 - SHOWN_SECONDS * 1_000).toISOString();
  const asked = { name, from, latest: 'true', limit: '1000' };
  const windows = useResource<Windows>(withFilters('/analytics/windows', route.query, ['key'], asked));
  const alerts = useResource<Page<Alert>>('/analytics/alerts');
  return (
    <>
      <h1>Analytics</h1>
      <div class="field">
        <label for="window">Window</label>
        <select id="window" value={name} onChange={(event) => refine({ name: event.currentTarget.value, key: undefined })}>
          {NAMES.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </div>
      <Filters fields={[{ name: 'key', label: 'Key', placeholder: 'all' }]} />
      <Loaded from={windows} what="windows">
        {({ items, nextCursor, description, watermark, tooLate, corrections }) => (
          <>
            <p class="lead">
              {description}, of the last six hours. All services have reached{' '}
              {watermark === null ? 'nothing yet' : time(watermark)}; {count(corrections)} corrections, {count(tooLate)} events
              too late.
            </p>
            {items.length === 0 ? (
              <Empty>No such events in the last six hours.</Empty>
            ) : (
              <>
                <Drawn name={name} rows={items} cut={nextCursor !== undefined} />
                <Table
                  caption="Windows, latest first"
                  columns={windowColumns}
                  rows={items.slice(0, 50)}
                  keyOf={({ start, key }) => `${start} ${key}`}
                />
              </>
            )}
          </>
        )}
      </Loaded>
      <h2>Alerts</h2>
      <Loaded from={alerts} what="alerts">
        {({ items }) =>
          items.length === 0 ? (
            <Empty>No pattern has been found.</Empty>
          ) : (
            <Table caption="Alerts, latest first" columns={alertColumns} rows={items} keyOf={({ id }) => id} />
          )
        }
      </Loaded>
    </>
  );
}
