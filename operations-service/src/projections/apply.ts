import { type CloudEvent, checkEvent, contractFor, type EventContract } from '@quickstep/shared/events';
import { type Changes, lifted, loadsFor, reasonOf } from '@quickstep/shared/pipeline';
import type { Row } from '@quickstep/shared/rows';
import type { ArchivedEvent, CheckedEvent, ReadEvent } from '../archive/index.js';
import { BatchRows } from './batch-rows.js';
import type { Projection } from './projection.js';

/** An event of the archive that a projection cannot take: its contract is not kept. */
export interface Refused {
  readonly archived: ArchivedEvent;
  readonly reason: string;
}

function check(contract: EventContract, archived: ArchivedEvent): CheckedEvent {
  if (archived.checked?.contract === contract) return archived.checked;
  const found = tried(contract, archived);
  archived.checked = found;
  return found;
}

function tried(contract: EventContract, archived: ArchivedEvent): CheckedEvent {
  try {
    return { contract, event: readAs(contract, archived), time: new Date(archived.event.time) };
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
): { events: ReadEvent[]; refused: Refused[] } {
  const contracts = new Map(observes.map((contract) => [contract.type, contract]));
  const events: ReadEvent[] = [];
  const refused: Refused[] = [];
  for (const each of archived) {
    const contract = contracts.get(each.event.type);
    if (contract === undefined) continue;
    const checked = check(contract, each);
    if ('reason' in checked) refused.push({ archived: each, reason: checked.reason });
    else events.push(checked);
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
export async function applyEvents(projection: Projection, events: readonly ReadEvent[], rows: ProjectedRows): Promise<void> {
  if (events.length === 0) return;
  const refs = events.map(({ event, time }) => projection.rows(event, time));
  const loads = loadsFor(refs);
  const batch = new BatchRows(loads, await rows.load(loads));
  events.forEach(({ event, time }, index) => {
    projection.apply(event, batch.lend(refs[index] ?? {}), time);
  });
  await rows.write(batch.changes());
}
