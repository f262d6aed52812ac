import type { ArchivedEvent } from './archived-event.js';

/** An event with everything that followed from it. */
export interface Effect {
  readonly archived: ArchivedEvent;
  readonly effects: readonly Effect[];
}

/** How an event came about, and what came of it. */
export interface Causality {
  /** From the first cause that is known to the event's own. */
  readonly causes: readonly ArchivedEvent[];
  readonly effects: readonly Effect[];
}

const byTime = (a: ArchivedEvent, b: ArchivedEvent) =>
  Date.parse(a.event.time) - Date.parse(b.event.time) || a.position - b.position;

function byCause(events: readonly ArchivedEvent[]): Map<string, ArchivedEvent[]> {
  const effects = new Map<string, ArchivedEvent[]>();
  for (const each of [...events].sort(byTime)) {
    const known = effects.get(each.event.causationid);
    if (known === undefined) effects.set(each.event.causationid, [each]);
    else known.push(each);
  }
  return effects;
}

/** Oldest first; clocks of services differ, so that an effect may bear an earlier time than its cause, but it never stands before it. */
export function inOrder(events: readonly ArchivedEvent[]): ArchivedEvent[] {
  const ids = new Set(events.map(({ event }) => event.id));
  const effects = byCause(events);
  const open = events.filter(({ event }) => !ids.has(event.causationid) || event.causationid === event.id).sort(byTime);
  const ordered: ArchivedEvent[] = [];
  const seen = new Set<string>();
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (seen.has(next.event.id)) continue;
    seen.add(next.event.id);
    ordered.push(next);
    open.push(...(effects.get(next.event.id) ?? []));
    open.sort(byTime);
  }
  // Events that claim to be each other's causes: as they came.
  return [...ordered, ...events.filter(({ event }) => !seen.has(event.id))];
}

/** @param saga every event of the event's saga */
export function causality(archived: ArchivedEvent, saga: readonly ArchivedEvent[]): Causality {
  const byId = new Map(saga.map((each) => [each.event.id, each]));
  const effects = byCause(saga);
  const causes: ArchivedEvent[] = [];
  const seen = new Set([archived.event.id]);
  let cause = byId.get(archived.event.causationid);
  while (cause !== undefined && !seen.has(cause.event.id)) {
    causes.unshift(cause);
    seen.add(cause.event.id);
    cause = byId.get(cause.event.causationid);
  }
  function following(id: string): Effect[] {
    const fresh = (effects.get(id) ?? []).filter(({ event }) => !seen.has(event.id));
    for (const { event } of fresh) seen.add(event.id);
    return fresh.map((each) => ({ archived: each, effects: following(each.event.id) }));
  }
  return { causes, effects: following(archived.event.id) };
}
