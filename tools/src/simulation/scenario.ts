import type { Choices } from './choices.js';
import { idOf } from './environment.js';
import { type Fault, type FaultRates, faultNames } from './faults.js';
import { drawSettings, type Settings } from './settings.js';

export interface PlannedItem {
  readonly sku: string;
  readonly unitPrice: number;
  readonly onHand: number;
}

export interface PlannedOrder {
  readonly id: string;
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
  readonly paymentMethod: string;
  readonly country: string;
  readonly email: string | undefined;
  /** With one, a request without an answer is sent again. */
  readonly idempotencyKey: string | undefined;
  /** Sent a second time: as it was, or with another body under the same key. */
  readonly again: 'no' | 'same' | 'other';
  /** The customer changes their mind so many events of the world later. */
  readonly cancelAfter: number | undefined;
}

export interface PlannedChange {
  readonly sku: string;
  /** A new price, or units added or taken away. */
  readonly unitPrice?: number;
  readonly delta?: number;
}

/** One world: its goods, customers, settings and faults. */
export interface Scenario {
  readonly items: readonly PlannedItem[];
  readonly orders: readonly PlannedOrder[];
  readonly changes: readonly PlannedChange[];
  readonly replicas: number;
  readonly settings: Settings;
  /** Several events in one message. */
  readonly batched: boolean;
  /** How likely time leaps although something else could happen. */
  readonly leaps: number;
  readonly rates: FaultRates;
}

const RATES = [0.002, 0.02, 0.1];
/** These happen to a process or a whole connection: far rarer than calls. */
const RARE: Partial<Record<Fault, number>> = {
  crash: 0.1,
  'orderly restart': 0.05,
  'connection lost': 0.1,
  'queues missing': 5,
  'long downtime': 5,
};
const METHODS = ['pm_card_ok', 'pm_card_declined', 'pm_card_flaky', 'pm_gateway_down'];

/** Draws a world. The calmest choices give one plain order and no faults, so that a shrunk run is a simple one. */
export function drawScenario(choices: Choices, maxOrders: number): Scenario {
  const of = <T>(first: T, ...others: T[]): T => [first, ...others][choices.pick(others.length + 1)] ?? first;
  const items = drawItems(choices);
  const orders: PlannedOrder[] = [];
  do orders.push(drawOrder(choices, items, orders.length));
  while (orders.length < maxOrders && choices.chance(0.97));
  const changes: PlannedChange[] = [];
  while (changes.length < 6 && choices.chance(0.5)) changes.push(drawChange(choices, items));
  return {
    items,
    orders,
    changes,
    replicas: of(1, 1, 1, 2),
    settings: drawSettings(choices),
    batched: choices.chance(0.25),
    leaps: of(0.002, 0.02, 0.1),
    rates: drawRates(choices),
  };
}

/** Each run has faults of its own: a bug that one of them hides shows where it is absent. */
function drawRates(choices: Choices): FaultRates {
  const rates: FaultRates = {};
  for (const fault of faultNames) {
    if (!choices.chance(0.4)) continue;
    rates[fault] = (RATES[choices.pick(RATES.length)] ?? 0) * (RARE[fault] ?? 1);
  }
  return rates;
}

function drawItems(choices: Choices): PlannedItem[] {
  const items: PlannedItem[] = [];
  do {
    const onHand = [1_000_000, 1, 5, 20][choices.pick(4)] ?? 0;
    items.push({ sku: `SKU-${items.length + 1}`, unitPrice: 100 + choices.pick(900), onHand });
  } while (items.length < 5 && choices.chance(0.6));
  return items;
}

function drawOrder(choices: Choices, items: readonly PlannedItem[], index: number): PlannedOrder {
  const start = choices.pick(items.length);
  const count = 1 + choices.pick(Math.min(3, items.length));
  const lines = Array.from({ length: count }, (_, line) => ({
    sku: items[(start + line) % items.length]?.sku ?? '',
    quantity: 1 + choices.pick(3),
  }));
  const withKey = !choices.chance(0.25);
  const again = withKey && choices.chance(0.15) ? (choices.chance(0.3) ? 'other' : 'same') : 'no';
  return {
    // Ids of orders are apart from those that the world counts.
    id: idOf(0x8000_0000_0000 + index),
    lines,
    paymentMethod: METHODS[choices.chance(0.4) ? 1 + choices.pick(3) : 0] ?? '',
    country: choices.chance(0.1) ? 'AQ' : 'DE',
    email: choices.chance(0.5) ? (choices.chance(0.1) ? 'nobody@example.com' : 'someone@example.com') : undefined,
    idempotencyKey: withKey ? `key-${index}` : undefined,
    again,
    cancelAfter: choices.chance(0.25) ? choices.pick(1_000) : undefined,
  };
}

function drawChange(choices: Choices, items: readonly PlannedItem[]): PlannedChange {
  const sku = items[choices.pick(items.length)]?.sku ?? '';
  return choices.chance(0.5) ? { sku, unitPrice: 1 + choices.pick(1_000) } : { sku, delta: choices.pick(7) - 3 };
}
