import type { EventContract } from '@quickstep/shared/events';
import type { PatternDeclaration, WindowDeclaration } from './declaration.js';
import { contractsOf, sourcesOf } from './declaration.js';
import { type OpenWindow, OpenWindows } from './open-windows.js';
import { advance, type PatternState } from './patterns.js';
import { type JoinState, NOT_JOINED, type Observer, observerOf, type Signal, type TimedEvent } from './signals.js';
import {
  addTo,
  emptyWindow,
  endOf,
  isClosed,
  isFinal,
  type Reached,
  reachedWith,
  type WindowResult,
  watermarkOf,
} from './windows.js';

/** What a pattern has found, once. */
export interface AlertFound {
  readonly pattern: string;
  readonly key: string;
  readonly detail: string;
  /** The time of the event that completed it. Milliseconds since 1970. */
  readonly time: number;
  readonly eventId: string;
}

/** What has been counted of a window's events, beside the results. */
export interface WindowCounts {
  counted: number;
  corrections: number;
  /** Came when a window that they belong to was final. */
  tooLate: number;
}

/** What is known of one subject, by declaration. */
export type Joined = Readonly<Record<string, JoinState>>;

/** Rows by their id, as they are loaded; the analysis changes the maps, the windows and their counts. */
export interface AnalyticsState {
  /** By subject. */
  readonly joins: Map<string, Joined>;
  /** The subjects of which something has been joined that was not known. */
  readonly newlyJoined: Set<string>;
  readonly windows: Map<string, WindowResult>;
  readonly patterns: Map<string, PatternState>;
  readonly counts: Map<string, WindowCounts>;
  readonly reached: Map<string, number>;
}

export const emptyState = (): AnalyticsState => ({
  joins: new Map(),
  newlyJoined: new Set(),
  windows: new Map(),
  patterns: new Map(),
  counts: new Map(),
  reached: new Map(),
});

/** A signal of one event, and where it counts. */
interface Seen {
  readonly event: number;
  readonly signal: Signal;
}
interface InWindows extends Seen {
  readonly declared: WindowDeclaration;
  readonly open: readonly OpenWindow[];
}
interface InPattern extends Seen {
  readonly declared: PatternDeclaration;
  readonly id: string;
}
type Observed = InWindows | InPattern;

export const patternId = (name: string, key: string) => `${name} ${key}`;
const serviceOf = (source: string) => source.slice(1);

/** Windows and patterns over the archive's events, in the archive's order. Pure: it reads and changes nothing but the state that it is given. */
export class Analysis {
  /** The events that anything looks at. */
  readonly observes: readonly EventContract[];
  readonly #byType = new Map<string, Observer[]>();
  readonly #sources = new Map<string, readonly string[]>();

  constructor(windows: readonly WindowDeclaration[], patterns: readonly PatternDeclaration[]) {
    const observed = new Set<EventContract>();
    for (const declared of [...windows, ...patterns]) {
      const observer = observerOf(declared);
      for (const contract of contractsOf(declared)) {
        observed.add(contract);
        this.#byType.set(contract.type, [...(this.#byType.get(contract.type) ?? []), observer]);
      }
      this.#sources.set(declared.name, sourcesOf(declared));
    }
    this.observes = [...observed];
  }

  /** The subjects of these events of which something is joined. */
  joinsOf(events: readonly TimedEvent[]): string[] {
    const joining = events.filter((event) => this.#of(event).some(({ joins }) => joins));
    return [...new Set(joining.map(({ event }) => event.subject))];
  }

  /** What the declarations make of events; changes what is joined. */
  observe(events: readonly TimedEvent[], state: Pick<AnalyticsState, 'joins' | 'newlyJoined'>): readonly Observed[] {
    const open = new OpenWindows();
    const observed: Observed[] = [];
    events.forEach((event, index) => {
      for (const observer of this.#of(event)) {
        const { declared } = observer;
        for (const signal of signalsOf(observer, event, state))
          observed.push(
            'pattern' in declared
              ? { event: index, signal, declared, id: patternId(declared.name, signal.key) }
              : { event: index, signal, declared, open: open.of(declared, signal) },
          );
      }
    });
    return observed;
  }

  /** The ids of the windows and patterns' states that what was observed needs. */
  needed(observed: readonly Observed[]): { readonly windows: readonly string[]; readonly patterns: readonly string[] } {
    const patterns = new Set<string>();
    const seen = new Set<readonly OpenWindow[]>();
    for (const each of observed) {
      if ('open' in each) seen.add(each.open);
      else patterns.add(each.id);
    }
    return { windows: [...new Set([...seen].flatMap((each) => each.map(({ id }) => id)))], patterns: [...patterns] };
  }

  /**
   * Counts what was observed; changes `state`.
   *
   * @param now milliseconds since 1970: the clock of a service that says much more is wrong
   * @returns what the patterns have found, in order
   */
  apply(events: readonly TimedEvent[], observed: readonly Observed[], state: AnalyticsState, now: number): AlertFound[] {
    const alerts: AlertFound[] = [];
    let next = 0;
    events.forEach(({ event: { source }, time }, index) => {
      for (let each = observed[next]; each?.event === index; each = observed[++next]) {
        if ('open' in each) this.#count(each, state);
        else alerts.push(...match(each, state));
      }
      const service = serviceOf(source);
      state.reached.set(service, reachedWith(state.reached.get(service), time.getTime(), now));
    });
    return alerts;
  }

  /** The time that all services have reached whose events the declaration looks at. */
  watermark(name: string, reached: Reached): number {
    return watermarkOf(this.#sources.get(name) ?? [], reached);
  }

  #of({ event: { type } }: TimedEvent): readonly Observer[] {
    return this.#byType.get(type) ?? [];
  }

  #count({ declared, signal, open }: InWindows, { windows, counts, reached }: AnalyticsState): void {
    const { name, window } = declared;
    const watermark = this.watermark(name, reached);
    const known = counts.get(name) ?? { counted: 0, corrections: 0, tooLate: 0 };
    let late = false;
    for (const { start, id } of open) {
      const end = endOf(start, window);
      if (isFinal(end, window, watermark)) {
        late = true;
        continue;
      }
      const result = windows.get(id) ?? emptyWindow(start, window, signal.key);
      if (result.count === 0) windows.set(id, result);
      addTo(result, signal.value);
      if (!isClosed(end, watermark)) continue;
      result.corrections += 1;
      known.corrections += 1;
    }
    known.counted += 1;
    if (late) known.tooLate += 1;
    counts.set(name, known);
  }
}

/** What an observer makes of an event; keeps what it joins. */
function signalsOf(
  { declared: { name }, joins, observe }: Observer,
  timed: TimedEvent,
  state: Pick<AnalyticsState, 'joins' | 'newlyJoined'>,
): readonly Signal[] {
  if (!joins) return observe(timed, NOT_JOINED).signals;
  const { subject } = timed.event;
  const known = state.joins.get(subject);
  const before = known?.[name] ?? NOT_JOINED;
  const { signals, state: after } = observe(timed, before);
  if (after !== before) {
    state.joins.set(subject, { ...known, [name]: after });
    state.newlyJoined.add(subject);
  }
  return signals;
}

function match({ declared, signal, id }: InPattern, { patterns }: AnalyticsState): AlertFound[] {
  const { key, time, eventId } = signal;
  const { state, found } = advance(declared, patterns.get(id) ?? {}, signal);
  patterns.set(id, state);
  return found === undefined ? [] : [{ pattern: declared.name, key, detail: found.detail, time, eventId }];
}
