import { order as declared } from '@quickstep/order-service/choreography';
import { askToCancel, end, markStuck, place, record } from '@quickstep/order-service/domain';
import { type Order, Orders } from '@quickstep/order-service/tables';
import {
  OrderCancellationRequested,
  OrderCancelled,
  OrderCompleted,
  OrderCreated,
  OrderStuck,
} from '@quickstep/shared/contracts';
import type { Row } from '@quickstep/shared/rows';
import { type ArchivedEvent, inOrder } from '../archive/index.js';
import { applyEvents, type ProjectedRows, projection, readEvents } from '../projections/index.js';

/** The order service's own rows, made of events by the rules that its steps use. */
const orders = projection({
  name: 'orders',
  version: 1,
  tables: [{ table: Orders }],
  observes: [
    OrderCreated,
    OrderCancellationRequested,
    OrderCompleted,
    OrderCancelled,
    OrderStuck,
    ...declared.steps.trackOrder.on,
  ],
  rows: ({ subject }) => ({ order: Orders.fresh(subject) }),
  apply(event, { order }, time) {
    switch (event.type) {
      case 'order.created':
        return place(order, event.data, time);
      case 'order.cancellation_requested':
        return askToCancel(order, event.data.reason, time, event.data.requestedBy);
      case 'order.stuck':
        return markStuck(order, time);
      case 'order.completed':
        return void end(order, time);
      case 'order.cancelled':
        end(order, time);
        // Which of several reasons came first at the order service, only the ending tells.
        order.reason = event.data.reason;
        return;
      default:
        return record(order, event);
    }
  },
});

/** Rows that are nowhere but here. */
class RowsInMemory implements ProjectedRows {
  readonly rows = new Map<string, Row>();

  async load(loads: Parameters<ProjectedRows['load']>[0]): Promise<Row[][]> {
    return loads.map(({ keys }) => keys.map((key) => this.rows.get(key)).filter((row) => row !== undefined));
  }

  async write({ updates, inserts }: Parameters<ProjectedRows['write']>[0]): Promise<void> {
    for (const { table, rows } of [...updates, ...inserts]) for (const row of rows) this.rows.set(String(row[table.key]), row);
  }
}

const isOrder = (row: Row): row is Row & Order => Object.keys(Orders.columns).every((property) => property in row);

/**
 * Orders as the events up to a time tell, by their ids; an order that was not placed by then is not among them.
 *
 * @param events of those orders, all of them
 */
export async function ordersAt(events: readonly ArchivedEvent[], at: Date): Promise<Map<string, Order>> {
  const until = at.getTime();
  // Order by order, as no event of one changes another: to bring all of them into one order takes the square of the time.
  const ofEach = [...Map.groupBy(events, ({ event }) => event.subject).values()].flatMap(inOrder);
  const known = ofEach.filter(({ event }) => Date.parse(event.time) <= until);
  const memory = new RowsInMemory();
  await applyEvents(orders, readEvents(orders, known).events, memory);
  const placed = [...memory.rows.values()].filter(isOrder).filter(({ placedAt }) => placedAt !== null);
  return new Map(placed.map((order) => [order.orderId, order]));
}
