import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { stringify } from 'uuid';
import { Joins, PatternStates, SourcesReached, WindowResults, WindowTotals } from '../db/tables.js';
import { type AlertFound, type Analysis, type AnalyticsState, emptyState } from './analysis.js';
import { loadRows, saveRows } from './rows-store.js';
import type { TimedEvent } from './signals.js';

/** Names an alert after what found it: found again it is the same one. SHA-256 in a UUIDv8 (RFC 9562, section 5.8). */
export function alertId({ pattern, key, eventId }: Pick<AlertFound, 'pattern' | 'key' | 'eventId'>): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([pattern, key, eventId]))
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return stringify(bytes);
}

const moment = (time: Date | null) => time?.getTime() ?? Number.NaN;

/** Loads what the events need, analyses them, and writes what changed; all in the transaction of `manager`. */
export async function analyseStored(
  analysis: Analysis,
  events: readonly TimedEvent[],
  manager: EntityManager,
  now: Date,
): Promise<AlertFound[]> {
  const state = emptyState();
  for (const { subject, joined } of await loadRows(manager, Joins, analysis.joinsOf(events))) state.joins.set(subject, joined);
  const observed = analysis.observe(events, state);
  await loadState(manager, state, analysis.needed(observed));
  const alerts = analysis.apply(events, observed, state, now.getTime());
  await saveState(manager, state, now);
  return alerts;
}

async function loadState(manager: EntityManager, state: AnalyticsState, needed: ReturnType<Analysis['needed']>): Promise<void> {
  for (const { id, startsAt, endsAt, key, count, sum, least, most, corrections } of await loadRows(
    manager,
    WindowResults,
    needed.windows,
  ))
    state.windows.set(id, { start: moment(startsAt), end: moment(endsAt), key, count, sum, least, most, corrections });
  for (const row of await loadRows(manager, PatternStates, needed.patterns)) state.patterns.set(row.id, row.state);
  const totals = await manager.query('select name, counted, corrections, too_late as "tooLate" from analytics_totals');
  for (const { name, ...counts } of totals) state.counts.set(name, counts);
  const sources = await manager.query('select service, reached_at as "reachedAt" from analytics_sources');
  for (const { service, reachedAt } of sources) state.reached.set(service, moment(reachedAt));
}

async function saveState(
  manager: EntityManager,
  { joins, newlyJoined, windows, patterns, counts, reached }: AnalyticsState,
  changedAt: Date,
): Promise<void> {
  const joined = [...newlyJoined].map((subject) => ({ subject, joined: joins.get(subject) ?? {}, changedAt }));
  await saveRows(manager, Joins, joined);
  const results = [...windows].map(([id, { start, end, ...rest }]) => {
    return { id, name: id.slice(0, id.indexOf(' ')), startsAt: new Date(start), endsAt: new Date(end), ...rest };
  });
  await saveRows(manager, WindowResults, results);
  await saveRows(
    manager,
    PatternStates,
    [...patterns].map(([id, state]) => ({ id, state, changedAt })),
  );
  await saveRows(
    manager,
    WindowTotals,
    [...counts].map(([name, each]) => ({ name, ...each })),
  );
  await saveRows(
    manager,
    SourcesReached,
    [...reached].map(([service, at]) => ({ service, reachedAt: new Date(at) })),
  );
}
