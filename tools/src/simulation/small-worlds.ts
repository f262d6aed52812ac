import type { CallKind } from './calls.js';
import { idOf } from './environment.js';
import { type FaultBudget, InjectedFaults } from './injected-faults.js';
import type { PlannedOrder, Scenario } from './scenario.js';
import { settingsOfSmallWorlds } from './settings.js';
import type { Tampering } from './tampering.js';

/** A world that is small enough for every one of its schedules to be visited. */
export interface SmallWorld {
  readonly name: string;
  readonly scenario: Scenario;
  /** Calls that are answered at once: nobody can tell when they are, as long as no crash comes between. */
  readonly quiet: ReadonlySet<CallKind>;
  /** Faults to try at every moment. */
  injected(): InjectedFaults;
  readonly tampering?: Tampering | undefined;
}

const NOTHING: ReadonlySet<CallKind> = new Set();
const HOUSEKEEPING: ReadonlySet<CallKind> = new Set<CallKind>(['take unpublished', 'update outbox', 'due']);
/** One transaction at a time and no crash: between its begin and its publish nobody else can see or do anything about it. */
const OWN: ReadonlySet<CallKind> = new Set<CallKind>([...HOUSEKEEPING, 'begin', 'commit', 'publish', 'copy', 'send']);

/** One process of each service, ample stock, no orders and no faults: what worlds of one's own begin with. */
export const plain: Scenario = {
  items: [{ sku: 'SKU-1', unitPrice: 100, onHand: 5 }],
  orders: [],
  changes: [],
  replicas: 1,
  settings: settingsOfSmallWorlds,
  batched: false,
  leaps: 0,
  rates: {},
};

/** One line, paid by card, to be shipped to DE. */
export function order(index: number, changes: Partial<PlannedOrder> = {}): PlannedOrder {
  return {
    id: idOf(0x8000_0000_0000 + index),
    lines: [{ sku: 'SKU-1', quantity: 1 }],
    paymentMethod: 'pm_card_ok',
    country: 'DE',
    email: undefined,
    idempotencyKey: `key-${index}`,
    again: 'no',
    cancelAfter: undefined,
    ...changes,
  };
}

function world(
  name: string,
  changes: Partial<Scenario>,
  quiet: ReadonlySet<CallKind> = NOTHING,
  budget: FaultBudget = {},
): SmallWorld {
  return { name, scenario: { ...plain, ...changes }, quiet, injected: () => new InjectedFaults(budget) };
}

const scarce = [{ sku: 'SKU-1', unitPrice: 100, onHand: 1 }];

/** Visited by `npm test`. */
export const smallWorlds: readonly SmallWorld[] = [
  world('one order', { orders: [order(0)] }, HOUSEKEEPING),
  world('one order, payment declined', { orders: [order(0, { paymentMethod: 'pm_card_declined' })] }, HOUSEKEEPING),
  world('one order, shipment refused', { orders: [order(0, { country: 'AQ' })] }, OWN),
  world('one order, cancelled at any moment', { orders: [order(0, { cancelAfter: 0 })] }, OWN),
  world('one order, any message duplicated', { orders: [order(0)] }, OWN, { duplicates: 1 }),
  world('one order, any message overtaken', { orders: [order(0)] }, OWN, { overtakes: 1 }),
  world(
    'one order, its deadline at any moment',
    { orders: [order(0)], settings: { ...settingsOfSmallWorlds, orderDeadline: 2_000 } },
    OWN,
    { deadlines: 1 },
  ),
  world('one order, any process crashes at any moment', { orders: [order(0)] }, HOUSEKEEPING, { crashes: 1 }),
  world('two orders for the last item', { items: scarce, orders: [order(0), order(1)] }, OWN),
];

/** Visited by `npm run simulate -- --exhaustive`. */
export const largerWorlds: readonly SmallWorld[] = [
  world('one order, cancelled, and any message duplicated', { orders: [order(0, { cancelAfter: 0 })] }, OWN, { duplicates: 1 }),
  world('one order, cancelled, and any process crashes', { orders: [order(0, { cancelAfter: 0 })] }, OWN, { crashes: 1 }),
  world('one order, refused, and any process crashes', { orders: [order(0, { country: 'AQ' })] }, HOUSEKEEPING, { crashes: 1 }),
  world('two orders for the last item, one cancelled', { items: scarce, orders: [order(0, { cancelAfter: 0 }), order(1)] }, OWN),
];
