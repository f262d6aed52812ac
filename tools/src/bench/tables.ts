import type { Batches, Round } from './measure.js';
import { boundOf } from './service-metrics.js';
import type { Percentiles } from './statistics.js';
import { sum } from './statistics.js';
import { decimal, integer, milliseconds, percent, type Table } from './table.js';

export function throughputTable(title: string, rounds: readonly Round[], median: Round): Table {
  const rows = rounds.map((round, index) => [
    `round ${index + 1}${round === median && rounds.length > 1 ? ' (median)' : ''}`,
    integer(round.load.placed),
    integer(round.ordersPerSecond),
    decimal(round.load.endingSeconds),
    decimal(round.quietSeconds),
    ...percentileCells(round.load.placedToEnded),
    integer(round.calibration),
    decimal(perThousand(round)),
    percent(round.otherLoad),
  ]);
  return {
    title,
    columns: [
      '',
      'orders',
      'orders/s',
      'seconds',
      'then quiet',
      'p50 ms',
      'p95',
      'p99',
      'max',
      'calibration',
      'per 1,000',
      'other load',
    ],
    rows,
    notes: [CALIBRATION, 'per 1,000: orders for 1,000 events of the calibration, to compare runs at different hours.'],
  };
}

/** Nothing without the operations service. */
export function archiveTables(rounds: readonly Round[]): Table[] {
  const rows = rounds.flatMap(({ archive, ordersPerSecond, cpuUntilEnded, load }, index) =>
    archive === undefined
      ? []
      : [
          [
            `round ${index + 1}`,
            integer(ordersPerSecond),
            decimal((cpuUntilEnded / load.placed) * 1_000, 2),
            integer(archive.archive),
            integer(archive.projections),
            decimal(archive.seconds),
          ],
        ],
  );
  if (rows.length === 0) return [];
  return [
    {
      title: 'What the operations service was behind when the last order had ended',
      columns: [
        '',
        'orders/s',
        'CPU ms an order until then',
        'events not archived',
        'events not projected',
        'seconds until it had all',
      ],
      rows,
      notes: ['It is waited for: in the table above its processor time is that of all events.'],
    },
  ];
}

export function latencyTable(title: string, rounds: readonly { label: string; round: Round }[]): Table {
  return {
    title,
    columns: [
      'orders/s',
      'p50 ms',
      'p95',
      'p99',
      'max',
      'POST p50',
      'p95',
      'p99',
      'max',
      'generator p99',
      'calibration',
      'other load',
    ],
    rows: rounds.map(({ label, round: { load, calibration, otherLoad } }) => [
      label,
      ...percentileCells(load.placedToEnded),
      ...percentileCells(load.post),
      milliseconds(load.lateness.p99),
      integer(calibration),
      percent(otherLoad),
    ]),
    notes: ['Placed to ended, and POST: both from the moment at which the order was due.', CALIBRATION],
  };
}

const CALIBRATION =
  'calibration: events per second between two processes and back, before and after the round, with no orders under way.';

/** Orders for 1,000 events of the machine calibration. */
export const perThousand = ({ ordersPerSecond, calibration }: Round) => (ordersPerSecond / calibration) * 1_000;

const percentileCells = ({ p50, p95, p99, max }: Percentiles) => [p50, p95, p99, max].map(milliseconds);

export function processTable({ processes, load }: Round): Table {
  const total = sum(processes.map(({ cpuSeconds }) => cpuSeconds));
  const row = (name: string, seconds: number, peak: string) => [
    name,
    decimal((seconds / load.placed) * 1_000, 3),
    percent(seconds / total),
    peak,
  ];
  const rows = processes.map(({ name, cpuSeconds, peakMemory }) => row(name, cpuSeconds, integer(peakMemory)));
  return {
    title: 'Processor time and memory',
    columns: ['process', 'CPU s / 1,000 orders', 'share', 'peak MiB'],
    rows: [...rows, row('all', total, '')],
  };
}

export function batchTable(batches: readonly Batches[], orders: number): Table {
  return {
    title: 'Batches',
    columns: ['service', 'transactions', 'messages/order', 'mean size', 'p50 ≤', 'p99 ≤', 'mean ms'],
    rows: batches.map(({ service, size, seconds }) => [
      service,
      integer(size.count),
      decimal(size.sum / orders),
      decimal(size.sum / size.count),
      integer(boundOf(size, 0.5)),
      integer(boundOf(size, 0.99)),
      decimal((seconds.sum / seconds.count) * 1_000, 2),
    ]),
  };
}
