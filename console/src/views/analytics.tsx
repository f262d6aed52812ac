import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { count, inWords, time } from '../data/format.js';
import { useResource } from '../data/resource.js';
import { refine, to } from '../data/router.js';
import type { Page } from '../data/types.js';
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
const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name);

/** All keys of a window together, over time. */
function Plot({ name, rows }: { readonly name: string; readonly rows: readonly WindowRow[] }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return;
    const byStart = new Map<number, number>();
    for (const row of rows) {
      const at = Date.parse(row.start) / 1_000;
      byStart.set(at, (byStart.get(at) ?? 0) + shownOf(name, row));
    }
    const times = [...byStart.keys()].sort((a, b) => a - b);
    const axis = { stroke: color('--soft'), grid: { stroke: color('--line'), width: 1 }, ticks: { stroke: color('--line') } };
    const options: uPlot.Options = {
      width: parent.clientWidth,
      height: 260,
      legend: { show: false },
      axes: [axis, axis],
      series: [{}, { stroke: color('--accent'), width: 2, fill: color('--tint'), points: { show: times.length < 60 } }],
    };
    const plot = new uPlot(options, [times, times.map((each) => byStart.get(each) ?? 0)], parent);
    return () => plot.destroy();
  }, [name, rows]);
  return <div class="plot" ref={place} role="img" aria-label={`${inWords(name)} over time; the table below has the numbers`} />;
}

const windowColumns: readonly Column<WindowRow>[] = [
  { title: 'From', cell: ({ start }) => time(start) },
  { title: 'Until', cell: ({ end }) => time(end) },
  { title: 'Key', cell: ({ key }) => key },
  { title: 'Events', cell: (row) => count(row.count), number: true },
  { title: 'Sum', cell: ({ sum }) => count(sum), number: true },
  { title: 'Corrections', cell: ({ corrections }) => count(corrections), number: true },
  { title: 'State', cell: ({ closed }) => (closed ? 'closed' : 'open') },
];

const alertColumns: readonly Column<Alert>[] = [
  { title: 'Pattern', cell: ({ pattern }) => pattern },
  { title: 'About', cell: ({ key }) => key },
  { title: 'What', cell: ({ detail }) => detail },
  { title: 'When', cell: ({ happenedAt }) => time(happenedAt) },
  { title: 'Event', cell: ({ eventId }) => <a href={to(`/events/${eventId}`)}>the event that completed it</a> },
];

/** Windows over the time of the events, and what the patterns have found. */
export function AnalyticsView({ route }: ViewProps) {
  const name = route.query.get('name') ?? 'orders-placed';
  const from = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 6 * 3_600_000).toISOString();
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
                <Plot name={name} rows={items} />
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
