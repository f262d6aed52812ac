import { allHold, type Context, inFreshSystem, invariantsTable, type Outcome } from '../context.js';
import type { LoadProgress } from '../load/protocol.js';
import type { Round } from '../measure.js';
import { decimal, integer, percent, type Table } from '../table.js';
import { batchTable, processTable } from '../tables.js';
import { timelinePlot } from '../timeline.js';
import { medianThroughput, saturatedRounds } from './bench.js';

/** The first of the chain: nothing else gets anything to do while it is down. */
const down = 'inventory-service';
const comparedOrders = 20_000;

interface Backlog {
  saturated: Round[];
  round: Round;
  /** From the moment at which the service was started again until the last order had ended. */
  drainSeconds: number;
}

/** Orders queue up while a service is down; then it comes back. */
export async function backlog(context: Context): Promise<Outcome> {
  const { options } = context;
  const { value, invariants } = await inFreshSystem(context, {}, async ({ system, run }): Promise<Backlog> => {
    const saturated = await saturatedRounds({ system, run }, { ...options, orders: comparedOrders });
    const services = system.instances(down);
    await Promise.all(services.map((service) => service.stop()));
    let backAt: number | undefined;
    const comeBack = ({ placed }: LoadProgress) => {
      if (placed < options.orders || backAt !== undefined) return;
      backAt = performance.now();
      for (const service of services) void service.restart();
    };
    const pace = { kind: 'closed', concurrency: options.concurrency } as const;
    const round = await run(`${down} down, then back`, { orders: options.orders, pace }, comeBack);
    const { startedAt, endingSeconds } = round.load;
    const lastEnding = startedAt + endingSeconds * 1_000;
    return { saturated, round, drainSeconds: (lastEnding - performance.timeOrigin - (backAt ?? Number.NaN)) / 1_000 };
  });
  const { round } = value;
  return {
    tables: [tableOf(value), processTable(round), batchTable(round.batches, round.load.placed), invariantsTable(invariants)],
    plots: [
      { name: 'backlog', svg: timelinePlot('Backlog', `${down} was down until every order had been placed`, round.load.series) },
    ],
    data: { ...value, invariants },
    invariantsHold: allHold(invariants),
  };
}

function tableOf({ saturated, round, drainSeconds }: Backlog): Table {
  const { ordersPerSecond } = medianThroughput(saturated);
  const { load } = round;
  const rate = load.placed / drainSeconds;
  return {
    title: 'Backlog',
    columns: ['', 'orders', 'seconds', 'orders/s', 'of saturated'],
    rows: [
      ['saturated, nothing down', integer(comparedOrders), '', integer(ordersPerSecond), ''],
      [
        `placed while ${down} was down`,
        integer(load.placed),
        decimal(load.placingSeconds),
        integer(load.placed / load.placingSeconds),
        '',
      ],
      ['drained', integer(load.placed), decimal(drainSeconds), integer(rate), percent(rate / ordersPerSecond)],
    ],
    notes: ['Drained: from the start of its process until the last order had ended.'],
  };
}
