import type { CloudEvent } from '@quickstep/shared/events';
import { type AnyDeclaration, joinedWith, type Measure, type Path } from './declaration.js';

/** What the analytics read of an event. */
export type AnalysedEvent = Pick<CloudEvent, 'id' | 'type' | 'source' | 'subject' | 'time' | 'data'>;

/** One observation that a window or a pattern counts. */
export interface Signal {
  readonly eventId: string;
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Empty: all together. */
  readonly key: string;
  readonly value: number;
}

/** What is known of the two events that a declaration joins, for one subject. */
export interface JoinState {
  /** The first event that was joined with, and the key that it gives. */
  readonly left: { readonly time: number; readonly key: string } | null;
  /** Signals that came before it. */
  readonly waiting: readonly Signal[];
}

export const NOT_JOINED: JoinState = { left: null, waiting: [] };

function propertyOf(value: unknown, property: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, property) : undefined;
}

function valueAt(event: AnalysedEvent, path: Path, item: unknown): unknown {
  if (path === 'subject') return event.subject;
  const [where, property = ''] = path.split('.');
  return propertyOf(where === 'data' ? event.data : item, property);
}

function measured(measure: Measure | undefined, event: AnalysedEvent, item: unknown): number {
  if (measure?.kind === 'sum') return Number(valueAt(event, measure.of, item) ?? 0);
  if (measure?.kind === 'share') return measure.of.some(({ type }) => type === event.type) ? 1 : 0;
  return 1;
}

/** An event of one of the declaration's types, before the event that it is joined with is known. */
function signalsOf(declared: AnyDeclaration, event: AnalysedEvent): Signal[] {
  const { each, key } = declared;
  const items = each === undefined ? [undefined] : [propertyOf(event.data, each)].flat();
  const measure = 'measure' in declared ? declared.measure : undefined;
  return items.map((item) => ({
    eventId: event.id,
    type: event.type,
    time: Date.parse(event.time),
    key: typeof key === 'string' ? String(valueAt(event, key, item) ?? '') : '',
    value: measured(measure, event, item),
  }));
}

type Left = NonNullable<JoinState['left']>;

function join(declared: AnyDeclaration, signal: Signal, left: Left): Signal {
  const since = 'measure' in declared && declared.measure.kind === 'milliseconds';
  const key = typeof declared.key === 'object' ? left.key : signal.key;
  return { ...signal, key, value: since ? signal.time - left.time : signal.value };
}

function leftOf(declared: AnyDeclaration, event: AnalysedEvent): Left {
  const key = typeof declared.key === 'object' ? String(valueAt(event, declared.key.path, undefined) ?? '') : '';
  return { time: Date.parse(event.time), key };
}

/**
 * What a declaration makes of an event. Of the events joined with, one subject has one; of more, the first that came counts.
 *
 * @param state of this declaration and the event's subject; unchanged when nothing is joined
 */
export function observe(
  declared: AnyDeclaration,
  event: AnalysedEvent,
  state: JoinState,
): { readonly signals: readonly Signal[]; readonly state: JoinState } {
  const joined = joinedWith(declared);
  if (joined === undefined) return { signals: signalsOf(declared, event), state };
  if (event.type === joined.type) {
    if (state.left !== null) return { signals: [], state };
    const left = leftOf(declared, event);
    return { signals: state.waiting.map((each) => join(declared, each, left)), state: { left, waiting: [] } };
  }
  const { left } = state;
  const signals = signalsOf(declared, event);
  if (left === null) return { signals: [], state: { left, waiting: [...state.waiting, ...signals] } };
  return { signals: signals.map((each) => join(declared, each, left)), state };
}
