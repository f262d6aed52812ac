import { v7 } from 'uuid';
import type { AnyDecision, CommandMessage, DecideContext, TimerMessage } from '../choreography/index.js';
import { type CloudEvent, contractOf, type EventDraft } from '../events/index.js';
import { reasonOf } from '../pipeline/errors.js';
import { stamper } from '../pipeline/stamp.js';
import { loadsFor, WorkingRows } from '../pipeline/working-rows.js';
import type { Key, LoadedRows, Refs, Row, Table, TypedTable } from '../rows/index.js';

/** A step, seen by what it is called with and what it answers. */
interface Decider<Message, Answer, Decision> {
  rows(message: Message): Refs;
  decide(message: Message, rows: LoadedRows<Refs>, context: DecideContext<Answer>): Decision;
}

/** A row that exists before anything happens. */
export interface GivenRow {
  readonly table: Table;
  readonly row: Row;
}

/** A small world of rows in which steps decide: given these rows, when this message comes, then these events and these rows. */
export interface Given {
  /**
   * Lets a step decide as the pipeline would, and keeps its rows for the next one. When it throws, they stay as they were.
   *
   * @returns what the step decided
   * @throws whatever the step throws; TypeError when it returns an event that breaks its contract
   */
  when<Message, Decision extends AnyDecision>(
    step: Decider<Message, undefined, Decision>,
    message: NoInfer<Message>,
    circumstances?: { readonly now?: Date },
  ): Decision;
  /** A step with an effect is told the effect's answer. */
  when<Message, Answer, Decision extends AnyDecision>(
    step: Decider<Message, Answer, Decision>,
    message: NoInfer<Message>,
    circumstances: { readonly now?: Date; readonly answer: NoInfer<Answer> },
  ): Decision;
  /** The row of this key as it is now; undefined when there is none. */
  row<R extends object>(table: TypedTable<R>, key: Key): R | undefined;
  /** All rows of a table, in the order of their keys. */
  rows<R extends object>(table: TypedTable<R>): R[];
}

/** A row as its table makes it on first touch, with some properties set; the key must be among them. */
export function row<R extends object>(table: TypedTable<R>, properties: Partial<R>): GivenRow {
  const key = Object.entries(properties).find(([property]) => property === table.key)?.[1];
  return { table, row: { ...table.newRow(String(key)), ...properties } };
}

export interface Circumstance {
  readonly id?: string;
  /** When it happened, RFC 3339. */
  readonly time?: string;
}

/** The event that a service would have published: stamped, and checked against its contract. */
export function happened<Type extends string, Data>(
  draft: EventDraft<Type, Data>,
  { id, time = new Date().toISOString() }: Circumstance = {},
): CloudEvent<Type, Data> {
  const contract = contractOf(draft.type);
  if (contract === undefined) throw new TypeError(`There is no contract for ${draft.type}`);
  const stamp = stamper(contract.emitters[0] ?? 'test', v7);
  const { event } = stamp(contract, draft, { id: v7(), tenantid: 'default' }, 'test', 0, time);
  return { ...event, ...draft, ...(id === undefined ? {} : { id }) };
}

/** A client's request about a thing. Under the same key it is the same work. */
export function request<Data>(subject: string, data: Data, idempotencyKey?: string): CommandMessage<Data> {
  return { id: idempotencyKey ?? v7(), subject, data, idempotencyKey };
}

/** The moment written in a row has come. */
export function firing(subject: string): TimerMessage {
  return { id: v7(), subject, data: undefined };
}

/** Steps replace nested values and never change them in place, which a frozen one shows at once. */
function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  for (const each of Object.values(value)) frozen(each);
  return Object.freeze(value);
}

function draftsOf(decision: AnyDecision): readonly EventDraft[] {
  if ('notDue' in decision) return [];
  if (!('accepted' in decision)) return decision.events;
  return decision.accepted ? decision.ended.events : [];
}

function checkDrafts(decision: AnyDecision): void {
  for (const draft of draftsOf(decision)) {
    try {
      happened(draft);
    } catch (error) {
      throw new TypeError(`The step returned a wrong event: ${reasonOf(error)}`);
    }
  }
}

function isRowOf<R extends object>({ columns }: TypedTable<R>, each: Row | undefined): each is Row & R {
  return each !== undefined && Object.keys(columns).every((property) => property in each);
}

/** Begins a step test with these rows. */
export function given(...rows: readonly GivenRow[]): Given {
  const tables = new Map<string, Map<Key, Row>>();
  const rowsOf = (table: Table) => {
    const known = tables.get(table.name) ?? new Map<Key, Row>();
    tables.set(table.name, known);
    return known;
  };
  const put = (table: Table, changed: Row) => rowsOf(table).set(String(changed[table.key]), frozen(changed));
  for (const each of rows) put(each.table, each.row);
  return {
    when<Message, Answer, Decision extends AnyDecision>(
      step: Decider<Message, Answer | undefined, Decision>,
      message: Message,
      { now = new Date(), answer }: { readonly now?: Date; readonly answer?: Answer } = {},
    ): Decision {
      const refs = step.rows(message);
      const loads = loadsFor([refs]);
      const loaded = loads.map(({ table, keys }) =>
        keys.map((key) => rowsOf(table).get(key)).filter((each) => each !== undefined),
      );
      const working = new WorkingRows(loads, loaded);
      const borrowed = working.borrow(refs);
      const decision = step.decide(message, borrowed.rows, { now, answer });
      checkDrafts(decision);
      if (!('accepted' in decision) || decision.accepted) borrowed.keep();
      const { updates, inserts } = working.changes();
      for (const { table, rows: changed } of [...updates, ...inserts]) for (const each of changed) put(table, each);
      return decision;
    },
    row(table, key) {
      const found = rowsOf(table).get(key);
      return isRowOf(table, found) ? found : undefined;
    },
    rows: (table) => {
      const inOrder = [...rowsOf(table).entries()].sort(([a], [b]) => (a < b ? -1 : 1));
      return inOrder.map(([, each]) => each).filter((each) => isRowOf(table, each));
    },
  };
}
