import { type CloudEvent, checkEvent, contractFor, type EventContract } from '@quickstep/shared/events';
import { type Changes, lifted, loadsFor, reasonOf } from '@quickstep/shared/pipeline';
import type { Row } from '@quickstep/shared/rows';
import type { ArchivedEvent } from '../archive/index.js';
import { BatchRows } from './batch-rows.js';
import type { Projection } from './projection.js';

/** An event of the archive that a projection cannot take: its contract is not kept. */
export interface Refused {
  readonly archived: ArchivedEvent;
  readonly reason: string;
}

interface Checked {
  readonly contract: EventContract;
  readonly event?: CloudEvent;
  readonly reason?: string;
}

/** Several read the same event from memory: it is checked once. */
const checked = new WeakMap<ArchivedEvent, Checked>();

function check(contract: EventContract, archived: ArchivedEvent): Checked {
  const known = checked.get(archived);
  if (known?.contract === contract) return known;
  const found = tried(contract, archived);
  checked.set(archived, found);
  return found;
}

function tried(contract: EventContract, archived: ArchivedEvent): Checked {
  try {
    return { contract, event: readAs(contract, archived) };
  } catch (error) {
    return { contract, reason: reasonOf(error) };
  }
}

/** The event as steps would see it. @throws Error that says what is wrong with it */
function readAs(contract: EventContract, { event }: ArchivedEvent): CloudEvent {
  const own = contractFor(contract, event);
  if (own === undefined) throw new TypeError(`its major version is not read here`);
  const checked = checkEvent(own, event);
  if (!checked.ok) throw new TypeError(`${checked.error.pointer} ${checked.error.detail}`);
  return lifted(checked.event, contract);
}

/** Those of the events that the projection observes, as the current major has them; and what is wrong with the others. */
export function readEvents(
  { observes }: Pick<Projection, 'observes'>,
  archived: readonly ArchivedEvent[],
): { events: CloudEvent[]; refused: Refused[] } {
  const contracts = new Map(observes.map((contract) => [contract.type, contract]));
  const events: CloudEvent[] = [];
  const refused: Refused[] = [];
  for (const each of archived) {
    const contract = contracts.get(each.event.type);
    if (contract === undefined) continue;
    const { event, reason = '' } = check(contract, each);
    if (event === undefined) refused.push({ archived: each, reason });
    else events.push(event);
  }
  return { events, refused };
}

/** Rows as they are before a batch, and what is to be written after it. */
export interface ProjectedRows {
  /** For each load, in order, the rows that exist. */
  load(loads: ReturnType<typeof loadsFor>): Promise<readonly (readonly Row[])[]>;
  write(changes: Pick<Changes, 'updates' | 'inserts'>): Promise<void>;
}

/**
 * Applies events, in their order, to the rows that they name.
 *
 * @throws whatever the projection throws: a bug in it
 */
export async function applyEvents(projection: Projection, events: readonly CloudEvent[], rows: ProjectedRows): Promise<void> {
  if (events.length === 0) return;
  const refs = events.map((event) => projection.rows(event));
  const loads = loadsFor(refs);
  const batch = new BatchRows(loads, await rows.load(loads));
  events.forEach((event, index) => {
    projection.apply(event, batch.lend(refs[index] ?? {}));
  });
  await rows.write(batch.changes());
}
