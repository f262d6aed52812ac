import type { AlertFound, AnalysedEvent, Analysis, AnalyticsState } from '@quickstep/operations-service/analytics';

/** Windows and patterns over events, all in memory. */
export function analyse(
  analysis: Analysis,
  events: readonly AnalysedEvent[],
  state: AnalyticsState,
  now = Number.POSITIVE_INFINITY,
): AlertFound[] {
  const timed = events.map((event) => ({ event, time: new Date(event.time) }));
  return analysis.apply(timed, analysis.observe(timed, state), state, now);
}
