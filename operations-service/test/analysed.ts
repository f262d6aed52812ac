import {
  type AnalysedEvent,
  Analysis,
  emptyState,
  type PatternDeclaration,
  type WindowDeclaration,
} from '@quickstep/operations-service/analytics';
import { OrderCompleted } from '@quickstep/shared/contracts';
import { analyse } from '../../tests/support/analyse.js';

export const START = Date.UTC(2026, 10, 1, 12);
let ids = 0;
/** No other event is about this order. */
export const newOrder = () => `order-${++ids}`;

/** An event so many seconds after noon. */
export function at(seconds: number, type: string, subject: string, data: object = {}): AnalysedEvent {
  const source = `/${type.split('.')[0]}-service`;
  return { id: `event-${++ids}`, type, source, subject, time: new Date(START + seconds * 1_000).toISOString(), data };
}

export const completed: WindowDeclaration = {
  name: 'completed',
  description: '',
  types: [OrderCompleted],
  key: 'data.currency',
  window: { seconds: 60, lateness: 30 },
  measure: { kind: 'sum', of: 'data.total' },
};
export const sale = (seconds: number, total: number, currency = 'EUR') =>
  at(seconds, 'order.completed', newOrder(), { currency, total });

export function run(declared: readonly (WindowDeclaration | PatternDeclaration)[], events: readonly AnalysedEvent[]) {
  const state = emptyState();
  const own = declared.filter((each): each is WindowDeclaration => 'measure' in each);
  const found = declared.filter((each): each is PatternDeclaration => 'pattern' in each);
  const alerts = analyse(new Analysis(own, found), events, state);
  const results = [...state.windows.values()].map(({ start, end: _, ...rest }) => ({ start: (start - START) / 1_000, ...rest }));
  return { alerts, results, counts: state.counts };
}
