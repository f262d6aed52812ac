import { Client } from 'pg';
import { serviceNamed } from '../services.js';
import type { LoadResult } from './load/protocol.js';
import { sum } from './statistics.js';
import { integer } from './table.js';

export interface Invariant {
  text: string;
  holds: boolean;
  /** What was found. */
  found: string;
}

type Row = Record<string, string | null>;

/** Each is one statement that answers one row of figures, and the condition on them. */
interface Check {
  text: string;
  /** Service and statement; the columns of all statements become one row. */
  ask: [service: string, sql: string][];
  holds(row: Row): boolean;
}

const checks: Check[] = [
  {
    text: 'per item: on hand = available + reserved, nothing negative',
    ask: [
      [
        'inventory-service',
        `select count(*) filter (where on_hand <> available + reserved or available < 0 or reserved < 0) as wrong, count(*) as items
         from stock_items`,
      ],
    ],
    holds: ({ wrong }) => wrong === '0',
  },
  {
    text: 'nothing is reserved once every order has ended',
    ask: [['inventory-service', 'select sum(reserved) as reserved from stock_items']],
    holds: ({ reserved }) => reserved === '0',
  },
  {
    text: 'every order has ended',
    ask: [
      [
        'order-service',
        `select count(*) filter (where status not in ('COMPLETED', 'CANCELLED')) as open, count(*) as orders from orders`,
      ],
    ],
    holds: ({ open }) => open === '0',
  },
  {
    text: 'charges - refunds = total of completed orders',
    ask: [
      ['order-service', `select coalesce(sum(total) filter (where status = 'COMPLETED'), 0) as totals from orders`],
      [
        'payment-service',
        'select coalesce(sum(amount) filter (where charge_id is not null), 0) - coalesce(sum(refunded_amount), 0) as kept from payments',
      ],
    ],
    holds: ({ totals, kept }) => totals === kept,
  },
  {
    text: 'at most one charge and one refund for each order, none refunded more than charged',
    ask: [
      [
        'payment-service',
        `select count(charge_id) - count(distinct charge_id) as twice_charged, count(refund_id) - count(distinct refund_id) as twice_refunded,
           count(*) filter (where refunded_amount > case when charge_id is null then 0 else amount end) as too_much
         from payments`,
      ],
    ],
    holds: (row) => Object.values(row).every((value) => value === '0'),
  },
  {
    text: 'goods that left the stock = goods of completed orders',
    ask: [
      [
        'order-service',
        `select coalesce(sum((line->>'quantity')::bigint), 0) as sold
         from orders, jsonb_array_elements(items) as line where status = 'COMPLETED'`,
      ],
      [
        'inventory-service',
        `select coalesce(sum((line->>'quantity')::bigint), 0) as handed_over
         from reservations, jsonb_array_elements(items) as line where status = 'committed'`,
      ],
    ],
    holds: ({ sold, handed_over }) => sold === handed_over,
  },
  {
    text: 'shipped = completed',
    ask: [
      ['order-service', `select count(*) as completed from orders where status = 'COMPLETED'`],
      ['shipping-service', 'select count(*) as shipped from shipments where tracking_number is not null and not recalled'],
    ],
    holds: ({ completed, shipped }) => completed === shipped,
  },
];

/** DESIGN's invariants, asked of the five databases themselves once everything has ended. */
export async function checkInvariants(postgresUrl: string): Promise<Invariant[]> {
  const clients = new Map<string, Client>();
  const client = async (service: string) => {
    const existing = clients.get(service);
    if (existing) return existing;
    const url = new URL(postgresUrl);
    url.pathname = `/${serviceNamed(service).database}`;
    const opened = new Client({ connectionString: url.href });
    await opened.connect();
    clients.set(service, opened);
    return opened;
  };
  const row = async (check: Check): Promise<Row> => {
    const answers: Row[] = [];
    for (const [service, sql] of check.ask) {
      const { rows } = await (await client(service)).query<Row>(sql);
      answers.push(rows[0] ?? {});
    }
    return Object.assign({}, ...answers);
  };
  try {
    const found: Invariant[] = [];
    for (const check of checks) {
      const figures = await row(check);
      found.push({ text: check.text, holds: check.holds(figures), found: describe(figures) });
    }
    return found;
  } finally {
    for (const opened of clients.values()) await opened.end();
  }
}

function describe(figures: Row): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${Number(value).toLocaleString('en-US')}`)
    .join(', ');
}

/** What the load saw must be what it asked for: of the orders 15 % have to be cancelled. An ending may be told more than once. */
export function checkEndings(results: readonly LoadResult[]): Invariant {
  const total = (key: 'orders' | 'completed' | 'cancelled' | 'repeatedEndings') => sum(results.map((result) => result[key]));
  const [orders, completed, cancelled, repeated] = [
    total('orders'),
    total('completed'),
    total('cancelled'),
    total('repeatedEndings'),
  ];
  return {
    text: '85 % completed, 15 % cancelled',
    holds: completed + cancelled === orders && cancelled === Math.round(orders * 0.15),
    found: `completed ${integer(completed)}, cancelled ${integer(cancelled)}, told more than once ${integer(repeated)}`,
  };
}
