import type { WindowDeclaration } from './declaration.js';
import type { Signal } from './signals.js';
import { startsOf } from './windows.js';

export const windowId = (name: string, start: number, key: string) => `${name} ${start} ${key}`;

export interface OpenWindow {
  readonly start: number;
  readonly id: string;
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** The windows that contain a moment, for one key: of a page most observations are in the same ones. */
export class OpenWindows {
  readonly #known = new Map<WindowDeclaration, Map<string, Map<number, readonly OpenWindow[]>>>();

  of(declared: WindowDeclaration, { time, key }: Pick<Signal, 'time' | 'key'>): readonly OpenWindow[] {
    const { name, window } = declared;
    const byKey = entryOf(this.#known, declared, () => new Map());
    const byStep = entryOf(byKey, key, () => new Map());
    const step = Math.floor(time / ((window.every ?? window.seconds) * 1_000));
    return entryOf(byStep, step, () => startsOf(time, window).map((start) => ({ start, id: windowId(name, start, key) })));
  }
}
