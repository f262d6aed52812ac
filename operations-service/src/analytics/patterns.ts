import { type PatternDeclaration, type Rate, REMEMBERED, type Repetition } from './declaration.js';
import type { Signal } from './signals.js';

const SECOND = 1_000;
const SLICES = 30;

/** A slice of the time in which a rate is taken. */
interface Slice {
  readonly at: number;
  readonly all: number;
  readonly hits: number;
}

/** What a pattern remembers of one key; only what its kind needs. Times are milliseconds since 1970. */
export interface PatternState {
  readonly times?: readonly number[];
  readonly slices?: readonly Slice[];
  /** No further alert before. */
  readonly quietUntil?: number;
}

export interface Found {
  readonly detail: string;
}

interface Step {
  readonly state: PatternState;
  readonly found?: Found;
}

function repeated({ times, within }: Repetition, state: PatternState, { time }: Signal): Step {
  const window = within * SECOND;
  const sorted = [...(state.times ?? []), time].sort((a, b) => a - b);
  const latest = sorted.at(-1) ?? time;
  // Twice the time, so that what comes late still meets what it belongs to.
  const kept = sorted.filter((each) => each > latest - 2 * window).slice(-REMEMBERED);
  const first = kept.findIndex((each, index) => (kept[index + times - 1] ?? Number.POSITIVE_INFINITY) - each <= window);
  if (first < 0) return { state: { times: kept } };
  // Each event belongs to one alert.
  return {
    state: { times: kept.toSpliced(first, times) },
    found: { detail: `${times} times within ${within} s` },
  };
}

function rated({ of, reaches, least, within }: Rate, state: PatternState, { type, time }: Signal): Step {
  const window = within * SECOND;
  const length = window / SLICES;
  const at = Math.floor(time / length) * length;
  const hit = of.some((each) => each.type === type) ? 1 : 0;
  const slices = (state.slices ?? []).some((each) => each.at === at)
    ? (state.slices ?? []).map((each) => (each.at === at ? { at, all: each.all + 1, hits: each.hits + hit } : each))
    : [...(state.slices ?? []), { at, all: 1, hits: hit }];
  const latest = Math.max(...slices.map((each) => each.at));
  const kept = slices.filter((each) => each.at > latest - window);
  const all = kept.reduce((sum, each) => sum + each.all, 0);
  const hits = kept.reduce((sum, each) => sum + each.hits, 0);
  const { quietUntil = Number.NEGATIVE_INFINITY } = state;
  if (all < least || hits / all < reaches || time < quietUntil) return { state: { ...state, slices: kept } };
  return {
    state: { slices: kept, quietUntil: time + window },
    found: { detail: `${hits} of ${all} within ${within} s` },
  };
}

/** The next state of a pattern's machine for one key, and what it has found. Pure: the same signals in the same order, the same alerts. */
export function advance({ pattern }: Pick<PatternDeclaration, 'pattern'>, state: PatternState, signal: Signal): Step {
  return pattern.kind === 'repetition' ? repeated(pattern, state, signal) : rated(pattern, state, signal);
}
