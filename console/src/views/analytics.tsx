import { useMemo } from 'preact/hooks';
import { count, time } from '../data/format.js';
import { useResource } from '../data/resource.js';
import { refine, to } from '../data/router.js';
import type { Page } from '../data/types.js';
import { Plot, type Point } from '../parts/plot.js';
import { Empty, Loaded } from '../parts/state.js';
import { type Column, Table } from '../parts/table.js';
import type { ViewProps } from '../view.js';

interface WindowRow {
  readonly start: string;
  readonly end: string;
  readonly key: string;
  readonly count: number;
  readonly sum: number;
  readonly corrections: number;
  readonly closed: boolean;
}

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
/** What of a window is drawn: a mean where times are measured. */
const shownOf = (name: string, { count: events, sum }: WindowRow) => {
  if (name.startsWith('time-')) return events === 0 ? 0 : sum / events;
  return name === 'orders-placed' ? events : sum;
};
const SHOWN_SECONDS = 6 * 3_600;

/** All keys of a window together. */
function pointsOf(name: string, rows: readonly WindowRow[]): Point[] {
  const byStart = new Map<number, number>();
  for (const row of rows) {
    const at = Date.parse(row.start) / 1_000;
    byStart.set(at, (byStart.get(at) ?? 0) + shownOf(name, row));
  }
  return [...byStart].map(([at, value]) => ({ at, value })).sort((one, other) => one.at - other.at);
}

function Drawn({ name, rows }: { readonly name: string; readonly rows: readonly WindowRow[] }) {
  const points = useMemo(() => pointsOf(name, rows), [name, rows]);
  return (
    <Plot
      label={`${name.replaceAll('-', ' ')} over time; the table below has the numbers`}
      points={points}
      seconds={SHOWN_SECONDS}
    />
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
  const windows = useResource<Windows>(`/analytics/windows?name=${encodeURIComponent(name)}&limit=1000&from=${from}`);
  const alerts = useResource<Page<Alert>>('/analytics/alerts');
  return (
    <>
      <h1>Analytics</h1>
      <div class="field">
        <label for="window">Window</label>
        <select id="window" value={name} onChange={(event) => refine({ name: event.currentTarget.value })}>
          {NAMES.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </div>
      <Loaded from={windows} what="windows">
        {({ items, description, watermark, tooLate, corrections }) => (
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
                <Drawn name={name} rows={items} />
                <Table
                  caption="Windows, latest first"
                  columns={windowColumns}
                  rows={items.slice(-50).reverse()}
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
