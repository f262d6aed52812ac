import type { EventContract } from '@quickstep/shared/events';
import type { AnyDeclaration, PatternDeclaration, WindowDeclaration } from './declaration.js';
import { contractsOf, joinedWith, sourcesOf } from './declaration.js';
import { advance, type PatternState } from './patterns.js';
import { type AnalysedEvent, type JoinState, NOT_JOINED, observe, type Signal } from './signals.js';
import { type Reached, reachedWith, startsOf, type WindowResult, watermarkOf, withSignal } from './windows.js';

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
  readonly counted: number;
  readonly corrections: number;
  /** Came when a window that they belong to was final. */
  readonly tooLate: number;
}

export const NO_COUNTS: WindowCounts = { counted: 0, corrections: 0, tooLate: 0 };

/** What is known of one subject, by declaration. */
export type Joined = Readonly<Record<string, JoinState>>;

/** Rows by their id, as they are loaded; the analysis changes the maps, never what is in them. */
export interface AnalyticsState {
  /** By subject. */
  readonly joins: Map<string, Joined>;
  readonly windows: Map<string, WindowResult>;
  readonly patterns: Map<string, PatternState>;
  readonly counts: Map<string, WindowCounts>;
  readonly reached: Map<string, number>;
}

export const emptyState = (): AnalyticsState => ({
  joins: new Map(),
  windows: new Map(),
  patterns: new Map(),
  counts: new Map(),
  reached: new Map(),
});

/** The signals of one event, for a declaration. */
interface Observed {
  readonly event: number;
  readonly declared: AnyDeclaration;
  readonly signals: readonly Signal[];
}

export const windowId = (name: string, start: number, key: string) => `${name} ${start} ${key}`;
interface OpenWindow {
  readonly start: number;
  readonly id: string;
}

/** The windows that contain a moment, for one key: of a page most observations are in the same ones. */
class OpenWindows {
  readonly #known = new Map<string, readonly OpenWindow[]>();

  of({ name, window }: WindowDeclaration, { time, key }: Pick<Signal, 'time' | 'key'>): readonly OpenWindow[] {
    const step = (window.every ?? window.seconds) * 1_000;
    const which = `${name} ${Math.floor(time / step)} ${key}`;
    const known = this.#known.get(which);
    if (known !== undefined) return known;
    const made = startsOf(time, window).map((start) => ({ start, id: windowId(name, start, key) }));
    this.#known.set(which, made);
    return made;
  }
}

export const patternId = (name: string, key: string) => `${name} ${key}`;
const serviceOf = (source: string) => source.slice(1);

/** Windows and patterns over the archive's events, in the archive's order. Pure: it reads and changes nothing but the state that it is given. */
export class Analysis {
  /** The events that anything looks at. */
  readonly observes: readonly EventContract[];
  readonly #byType = new Map<string, AnyDeclaration[]>();
  readonly #sources = new Map<string, readonly string[]>();

  constructor(windows: readonly WindowDeclaration[], patterns: readonly PatternDeclaration[]) {
    const observed = new Set<EventContract>();
    for (const declared of [...windows, ...patterns]) {
      for (const contract of contractsOf(declared)) {
        observed.add(contract);
        this.#byType.set(contract.type, [...(this.#byType.get(contract.type) ?? []), declared]);
      }
      this.#sources.set(declared.name, sourcesOf(declared));
    }
    this.observes = [...observed];
  }

  /** The subjects of these events of which something is joined. */
  joinsOf(events: readonly AnalysedEvent[]): string[] {
    const joining = events.filter((event) => this.#of(event).some((declared) => joinedWith(declared) !== undefined));
    return [...new Set(joining.map(({ subject }) => subject))];
  }

  /** What the declarations make of events; changes `joins`. */
  observe(events: readonly AnalysedEvent[], joins: AnalyticsState['joins']): readonly Observed[] {
    return events.flatMap((event, index) =>
      this.#of(event).map((declared): Observed => {
        if (joinedWith(declared) === undefined)
          return { event: index, declared, signals: observe(declared, event, NOT_JOINED).signals };
        const { subject } = event;
        const known = joins.get(subject);
        const { signals, state } = observe(declared, event, known?.[declared.name] ?? NOT_JOINED);
        joins.set(subject, { ...known, [declared.name]: state });
        return { event: index, declared, signals };
      }),
    );
  }

  /** The ids of the windows and patterns' states that what was observed needs. */
  needed(observed: readonly Observed[]): { readonly windows: readonly string[]; readonly patterns: readonly string[] } {
    const windows = new Set<string>();
    const patterns = new Set<string>();
    const open = new OpenWindows();
    const seen = new Set<readonly OpenWindow[]>();
    for (const { declared, signals } of observed) {
      for (const signal of signals) {
        if ('pattern' in declared) patterns.add(patternId(declared.name, signal.key));
        else seen.add(open.of(declared, signal));
      }
    }
    for (const each of seen) for (const { id } of each) windows.add(id);
    return { windows: [...windows], patterns: [...patterns] };
  }

  /**
   * Counts what was observed; changes `state`.
   *
   * @param now milliseconds since 1970: the clock of a service that says much more is wrong
   * @returns what the patterns have found, in order
   */
  apply(events: readonly AnalysedEvent[], observed: readonly Observed[], state: AnalyticsState, now: number): AlertFound[] {
    const alerts: AlertFound[] = [];
    const open = new OpenWindows();
    let next = 0;
    events.forEach(({ source, time }, index) => {
      for (let each = observed[next]; each?.event === index; each = observed[++next]) {
        const { declared, signals } = each;
        if ('pattern' in declared) alerts.push(...signals.flatMap((signal) => this.#match(declared, signal, state)));
        else for (const signal of signals) this.#count(declared, signal, state, open);
      }
      const service = serviceOf(source);
      state.reached.set(service, reachedWith(state.reached.get(service), Date.parse(time), now));
    });
    return alerts;
  }

  /** The time that all services have reached whose events the declaration looks at. */
  watermark(name: string, reached: Reached): number {
    return watermarkOf(this.#sources.get(name) ?? [], reached);
  }

  #of({ type }: AnalysedEvent): readonly AnyDeclaration[] {
    return this.#byType.get(type) ?? [];
  }

  #match(declared: PatternDeclaration, signal: Signal, { patterns }: AnalyticsState): AlertFound[] {
    const { name } = declared;
    const { key, time, eventId } = signal;
    const id = patternId(name, key);
    const { state, found } = advance(declared, patterns.get(id) ?? {}, signal);
    patterns.set(id, state);
    return found === undefined ? [] : [{ pattern: name, key, detail: found.detail, time, eventId }];
  }

  #count(declared: WindowDeclaration, signal: Signal, { windows, counts, reached }: AnalyticsState, open: OpenWindows): void {
    const { name } = declared;
    const watermark = this.watermark(name, reached);
    const known = counts.get(name) ?? NO_COUNTS;
    let corrections = 0;
    let late = false;
    for (const { start, id } of open.of(declared, signal)) {
      const before = windows.get(id);
      const after = withSignal(declared, before, start, signal, watermark);
      if (after === undefined) late = true;
      else {
        windows.set(id, after);
        corrections += after.corrections - (before?.corrections ?? 0);
      }
    }
    counts.set(name, {
      counted: known.counted + 1,
      corrections: known.corrections + corrections,
      tooLate: known.tooLate + (late ? 1 : 0),
    });
  }
}

/** All in memory: for tests and rebuilds of a few events. */
export function analyse(
  analysis: Analysis,
  events: readonly AnalysedEvent[],
  state: AnalyticsState,
  now = Number.POSITIVE_INFINITY,
): AlertFound[] {
  return analysis.apply(events, analysis.observe(events, state.joins), state, now);
}
