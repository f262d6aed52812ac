import { sagaServices as services } from '../../services.js';
import { allHold, type Context, inFreshSystem, invariantsTable, type Outcome } from '../context.js';
import type { LoadProgress } from '../load/protocol.js';
import type { Round, Sample } from '../measure.js';
import { drawPlot, type Series } from '../plot.js';
import { mean } from '../statistics.js';
import { decimal, integer, type Table } from '../table.js';
import { readScans, type TableScans } from '../table-scans.js';
import { batchTable, processTable } from '../tables.js';

interface Growth {
  round: Round;
  /** Before the run and after each tenth of it. */
  scans: { ended: number; tables: TableScans[] }[];
}

/** One long run: throughput, memory and how tables are read, from the first tenth to the last. */
export async function growth(context: Context): Promise<Outcome> {
  const { options } = context;
  const { value, invariants } = await inFreshSystem(context, {}, async ({ system, run }): Promise<Growth> => {
    const scans = [{ ended: 0, tables: await readScans(system.postgresUrl) }];
    const reading: Promise<void>[] = [];
    let tenths = 0;
    const eachTenth = ({ ended }: LoadProgress) => {
      if (ended < ((tenths + 1) * options.orders) / 10) return;
      tenths++;
      reading.push(readScans(system.postgresUrl).then((tables) => void scans.push({ ended, tables })));
    };
    const pace = { kind: 'closed', concurrency: options.concurrency } as const;
    const round = await run('the long run', { orders: options.orders, pace }, eachTenth);
    await Promise.all(reading);
    return { round, scans };
  });
  const { round, scans } = value;
  const tenths = tenthsOf(round);
  return {
    tables: [
      tenthsTable(tenths),
      firstAndLast(tenths),
      scansTable(scans),
      processTable(round),
      batchTable(round.batches, round.load.placed),
      invariantsTable(invariants),
    ],
    plots: [{ name: 'growth', svg: plotOf(round) }],
    data: { ...value, invariants },
    invariantsHold: allHold(invariants),
  };
}

interface Tenth {
  orders: number;
  ordersPerSecond: number;
  p99: number;
  /** Median resident MiB of each process. */
  memory: Record<string, number>;
}

function tenthsOf({ load, samples }: Round): Tenth[] {
  const bounds = Array.from({ length: 11 }, (_, index) => (load.orders * index) / 10);
  const reached = bounds.map((orders) => samples.find((sample) => sample.ended >= orders) ?? samples.at(-1));
  return reached.slice(1).flatMap((end, index) => {
    const start = reached[index];
    if (start === undefined || end === undefined) return [];
    const within = samples.filter(({ at }) => at >= start.at && at <= end.at);
    const seconds = load.series.slice(Math.floor(start.at), Math.ceil(end.at));
    return [
      {
        orders: end.ended,
        ordersPerSecond: (end.ended - start.ended) / (end.at - start.at),
        p99: mean(seconds.flatMap(({ p99 }) => p99 ?? [])),
        memory: Object.fromEntries(Object.keys(end.memory).map((name) => [name, middleOf(within, name)])),
      },
    ];
  });
}

function middleOf(samples: readonly Sample[], name: string): number {
  const values = samples.map(({ memory }) => memory[name] ?? 0).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? Number.NaN;
}

function tenthsTable(tenths: readonly Tenth[]): Table {
  const processes = Object.keys(tenths[0]?.memory ?? {});
  return {
    title: 'By tenth: throughput, mean p99 of its seconds, resident MiB',
    columns: ['orders', 'orders/s', 'p99 ms', ...processes.map((name) => name.replace('-service', ''))],
    rows: tenths.map(({ orders, ordersPerSecond, p99, memory }) => [
      integer(orders),
      integer(ordersPerSecond),
      integer(p99),
      ...processes.map((name) => integer(memory[name] ?? Number.NaN)),
    ]),
  };
}

function firstAndLast(tenths: readonly Tenth[]): Table {
  const [first] = tenths;
  const last = tenths.at(-1);
  const row = (name: string, from: number, to: number) => [
    name,
    decimal(from),
    decimal(to),
    `${decimal((to / from - 1) * 100)} %`,
  ];
  const memory = Object.keys(first?.memory ?? {}).map((name) =>
    row(`${name}, MiB`, first?.memory[name] ?? Number.NaN, last?.memory[name] ?? Number.NaN),
  );
  return {
    title: 'From the first to the last tenth',
    columns: ['', 'first', 'last', 'change'],
    rows: [row('orders/s', first?.ordersPerSecond ?? Number.NaN, last?.ordersPerSecond ?? Number.NaN), ...memory],
  };
}

function scansTable(scans: Growth['scans']): Table {
  const [before] = scans;
  const after = scans.at(-1);
  const key = ({ service, table }: TableScans) => `${service} ${table}`;
  const earlier = new Map(before?.tables.map((each) => [key(each), each]));
  const rows = (after?.tables ?? []).map((each) => {
    const then = earlier.get(key(each));
    return [
      `${each.service.replace('-service', '')}: ${each.table}`,
      integer(each.rows),
      decimal(each.mebibytes, 0),
      integer(each.sequentialScans - (then?.sequentialScans ?? 0)),
      integer(each.rowsReadSequentially - (then?.rowsReadSequentially ?? 0)),
      integer(each.indexScans - (then?.indexScans ?? 0)),
    ];
  });
  return {
    title: 'How the tables were read during the run',
    columns: ['table', 'rows', 'MiB', 'sequential scans', 'rows they read', 'index scans'],
    rows,
    notes: [`Of ${services.length} databases, from pg_stat_user_tables.`],
  };
}

function plotOf({ load, samples }: Round): string {
  const window = 5;
  const throughput = load.series.slice(0, -1).flatMap((_, index, all): [number, number][] => {
    if (index % window !== 0 || index + window > all.length) return [];
    return [[index + window / 2, mean(all.slice(index, index + window).map(({ ended }) => ended))]];
  });
  const lines = services.map(
    ({ name }, index): Series => ({
      name: name.replace('-service', ''),
      colour: ([0, 1, 2, 3, 4] as const)[index] ?? 5,
      points: samples.map(({ at, memory }) => [at, memory[name] ?? 0]),
    }),
  );
  return drawPlot({
    title: `${load.orders.toLocaleString('en-US')} orders in one run`,
    subtitle: `throughput as mean of ${window} seconds`,
    xLabel: 'seconds',
    panels: [
      { title: 'Throughput', yLabel: 'orders/s', series: [{ name: 'ended', colour: 0, points: throughput }] },
      { title: 'Resident memory of the services', yLabel: 'MiB', series: lines },
    ],
  });
}
