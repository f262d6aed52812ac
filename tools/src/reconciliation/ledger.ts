import type { CloudEvent } from '@quickstep/shared/events';
import type { Line } from '@quickstep/system/invariants';

export type LedgerEvent = Pick<CloudEvent, 'type' | 'subject' | 'time' | 'data'>;

/** Something that was done, or asked for, and the events that say that it is closed for good or has been undone. */
interface Effect {
  readonly what: string;
  readonly opens: string;
  readonly closes: readonly string[];
  readonly undoes: readonly string[];
}

const effects: readonly Effect[] = [
  { what: 'an order', opens: 'order.created', closes: ['order.completed'], undoes: ['order.cancelled'] },
  { what: 'reserved stock', opens: 'inventory.reserved', closes: ['shipping.shipped'], undoes: ['inventory.released'] },
  { what: 'a charge', opens: 'payment.completed', closes: ['order.completed'], undoes: ['payment.refunded'] },
  { what: 'a parcel', opens: 'shipping.shipped', closes: ['order.completed'], undoes: ['shipping.recall'] },
  { what: 'a refund that was asked for', opens: 'payment.refund', closes: ['payment.refunded'], undoes: [] },
  { what: 'a release that was asked for', opens: 'inventory.release', closes: ['inventory.released'], undoes: [] },
];

/** What the logs say of one order. */
export interface LedgerOrder {
  readonly orderId: string;
  readonly types: ReadonlySet<string>;
  /** Time of the latest event, as it stands in it. */
  readonly latest: string;
  readonly reserved: readonly Line[];
  readonly charged: number;
  readonly refunded: number;
  /** Templates of what the customer was sent. */
  readonly told: readonly string[];
}

interface Account extends LedgerOrder {
  readonly types: Set<string>;
  latest: string;
  reserved: readonly Line[];
  charged: number;
  refunded: number;
  told: string[];
}

const known = new Set([...effects.flatMap(({ opens, closes, undoes }) => [opens, ...closes, ...undoes]), 'notification.sent']);

function at(data: unknown, property: string): unknown {
  return typeof data === 'object' && data !== null ? Reflect.get(data, property) : undefined;
}

function linesIn(data: unknown): Line[] {
  const items = at(data, 'items');
  return Array.isArray(items)
    ? items.map((each) => ({ sku: String(at(each, 'sku')), quantity: Number(at(each, 'quantity')) }))
    : [];
}

/** The compensation ledger: by order, what was done and what closed or undid it. Events may come in any order, each once. */
export class Ledger {
  readonly #accounts = new Map<string, Account>();

  add({ type, subject, time, data }: LedgerEvent): void {
    if (!known.has(type)) return;
    const account = this.#accounts.get(subject) ?? this.#open(subject);
    account.types.add(type);
    if (time > account.latest) account.latest = time;
    if (type === 'inventory.reserved') account.reserved = linesIn(data);
    if (type === 'payment.completed') account.charged = Number(at(data, 'total'));
    if (type === 'payment.refunded') account.refunded = Number(at(data, 'amount'));
    if (type === 'notification.sent') account.told.push(String(at(data, 'template')));
  }

  get orders(): Iterable<LedgerOrder> {
    return this.#accounts.values();
  }

  of(orderId: string): LedgerOrder | undefined {
    return this.#accounts.get(orderId);
  }

  #open(orderId: string): Account {
    const account = { orderId, types: new Set<string>(), latest: '', reserved: [], charged: 0, refunded: 0, told: [] };
    this.#accounts.set(orderId, account);
    return account;
  }
}

/** What was opened and neither closed nor undone. */
export function openIn({ types }: LedgerOrder): string[] {
  const isOpen = ({ opens, closes, undoes }: Effect) =>
    types.has(opens) && ![...closes, ...undoes].some((each) => types.has(each));
  return effects.filter(isOpen).map(({ what, closes, undoes }) => `${what} has no ${[...closes, ...undoes].join(' or ')}`);
}

/** What the logs say of the stock that was set aside. */
export function reservationIn({ types }: LedgerOrder): 'none' | 'reserved' | 'committed' | 'released' {
  if (types.has('inventory.released')) return 'released';
  if (!types.has('inventory.reserved')) return 'none';
  return types.has('shipping.shipped') ? 'committed' : 'reserved';
}

/** How the order ended, by the logs. */
export function endingIn({ types }: LedgerOrder): 'COMPLETED' | 'CANCELLED' | undefined {
  if (types.has('order.completed')) return 'COMPLETED';
  return types.has('order.cancelled') ? 'CANCELLED' : undefined;
}
