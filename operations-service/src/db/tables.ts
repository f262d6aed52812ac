import { bigint, integer, json, type RowOf, table, text, textKey, timeOrNull } from '@quickstep/shared/rows';
import type { Joined } from '../analytics/analysis.js';
import type { PatternState } from '../analytics/patterns.js';

/** The results of the windows. Thrown away and rebuilt from the archive when the declarations change. */
export const WindowResults = table('analytics_windows', {
  /** Name, start and key. */
  id: textKey(),
  name: text(''),
  key: text(''),
  startsAt: timeOrNull(),
  endsAt: timeOrNull(),
  count: bigint(0),
  sum: bigint(0),
  least: bigint(0),
  most: bigint(0),
  corrections: integer(0),
});
export type WindowResultRow = RowOf<typeof WindowResults>;

/** By subject, what is known of the events that are joined. */
export const Joins = table('analytics_joins', {
  subject: textKey(),
  joined: json<Joined>({}),
  changedAt: timeOrNull(),
});

/** By pattern and key, the state of its machine. */
export const PatternStates = table('analytics_patterns', {
  id: textKey(),
  state: json<PatternState>({}),
  changedAt: timeOrNull(),
});

/** By window, what was counted. */
export const WindowTotals = table('analytics_totals', {
  name: textKey(),
  counted: bigint(0),
  corrections: bigint(0),
  tooLate: bigint(0),
});

/** By service, the time of its latest event. */
export const SourcesReached = table('analytics_sources', { service: textKey(), reachedAt: timeOrNull() });

/** What the patterns have found, each once, also when all else is rebuilt. */
export const Alerts = table('analytics_alerts', {
  /** Made of the pattern, the key and the event that completed it. */
  id: textKey(),
  pattern: text(''),
  key: text(''),
  detail: text(''),
  eventId: text(''),
  happenedAt: timeOrNull(),
  /** Due to be raised; null once it has been. */
  raiseAt: timeOrNull(),
  raisedAt: timeOrNull(),
});

export type Alert = RowOf<typeof Alerts>;

/** A test holds the migration to them. */
export const analyticsTables = [WindowResults, Joins, PatternStates, WindowTotals, SourcesReached, Alerts];
