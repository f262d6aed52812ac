import type { CloudEvent } from '@quickstep/shared/events';
import { type AnyDeclaration, joinedWith, type Measure, type Path } from './declaration.js';

/** What the analytics read of an event. */
export type AnalysedEvent = Pick<CloudEvent, 'id' | 'type' | 'source' | 'subject' | 'time' | 'data'>;

export interface TimedEvent {
  readonly event: AnalysedEvent;
  /** The event's. */
  readonly time: Date;
}

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
const NOTHING: readonly Signal[] = [];

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
const propertyOf = (value: unknown, property: string) => (isRecord(value) ? value[property] : undefined);

type Read<Value> = (event: AnalysedEvent, item: unknown) => Value;

function valueAt(path: Path): Read<unknown> {
  if (path === 'subject') return ({ subject }) => subject;
  const [where, property = ''] = path.split('.');
  return where === 'data' ? ({ data }) => propertyOf(data, property) : (_, item) => propertyOf(item, property);
}

function keyAt(path: Path): Read<string> {
  const read = valueAt(path);
  return (event, item) => String(read(event, item) ?? '');
}

function measured(measure: Measure | undefined): Read<number> {
  if (measure?.kind === 'sum') {
    const read = valueAt(measure.of);
    return (event, item) => Number(read(event, item) ?? 0);
  }
  if (measure?.kind !== 'share') return () => 1;
  const hits = new Set(measure.of.map(({ type }) => type));
  return ({ type }) => (hits.has(type) ? 1 : 0);
}

/** What a declaration makes of events of its types, before the event that they are joined with is known. */
function reader(declared: AnyDeclaration): (timed: TimedEvent) => readonly Signal[] {
  const { each, key } = declared;
  const keyOf = typeof key === 'string' ? keyAt(key) : () => '';
  const measure = measured('measure' in declared ? declared.measure : undefined);
  const signal = ({ event, time }: TimedEvent, item: unknown): Signal => ({
    eventId: event.id,
    type: event.type,
    time: time.getTime(),
    key: keyOf(event, item),
    value: measure(event, item),
  });
  if (each === undefined) return (timed) => [signal(timed, undefined)];
  return (timed) => [propertyOf(timed.event.data, each)].flat().map((item) => signal(timed, item));
}

type Left = NonNullable<JoinState['left']>;

function join(declared: AnyDeclaration, signal: Signal, left: Left): Signal {
  const since = 'measure' in declared && declared.measure.kind === 'milliseconds';
  const key = typeof declared.key === 'object' ? left.key : signal.key;
  return { ...signal, key, value: since ? signal.time - left.time : signal.value };
}

/** A declaration, ready to look at events. */
export interface Observer {
  readonly declared: AnyDeclaration;
  /** Whether two events of one subject are joined. */
  readonly joins: boolean;
  /**
   * What the declaration makes of an event. Of the events joined with, one subject has one; of more, the first that came counts.
   *
   * @param state of this declaration and the event's subject; the same is given back when it does not change
   */
  observe(timed: TimedEvent, state: JoinState): { readonly signals: readonly Signal[]; readonly state: JoinState };
}

export function observerOf(declared: AnyDeclaration): Observer {
  const joined = joinedWith(declared);
  const read = reader(declared);
  if (joined === undefined) return { declared, joins: false, observe: (timed, state) => ({ signals: read(timed), state }) };
  const keyOf = typeof declared.key === 'object' ? keyAt(declared.key.path) : () => '';
  return {
    declared,
    joins: true,
    observe(timed, state) {
      const { event, time } = timed;
      if (event.type === joined.type) {
        if (state.left !== null) return { signals: NOTHING, state };
        const left = { time: time.getTime(), key: keyOf(event, undefined) };
        return { signals: state.waiting.map((each) => join(declared, each, left)), state: { left, waiting: [] } };
      }
      const { left } = state;
      const signals = read(timed);
      if (left === null) return { signals: NOTHING, state: { left, waiting: [...state.waiting, ...signals] } };
      return { signals: signals.map((each) => join(declared, each, left)), state };
    },
  };
}
