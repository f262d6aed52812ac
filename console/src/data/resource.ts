import { type Signal, signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { call } from './api.js';
import { beat } from './live.js';

export interface Resource<Body> {
  readonly data: Body | undefined;
  readonly error: Error | undefined;
  /** Reads again. */
  readonly reload: () => void;
}

interface State<Body> {
  readonly data?: Body;
  readonly error?: Error;
}

/** Milliseconds. */
const PAUSE = 800;

export interface Reading {
  /** False for what does not change while one looks at it. */
  readonly live?: boolean;
  /** Not sooner than this after the last answer, in milliseconds: longer for what is dear to find out. */
  readonly pause?: number;
}

/**
 * What the API answers at a path, read again whenever something happens. What was read before stays while it is read again, and when it
 * cannot be.
 *
 * @param path undefined asks for nothing
 */
export function useResource<Body>(path: string | undefined, { live = true, pause = PAUSE }: Reading = {}): Resource<Body> {
  const state: Signal<State<Body>> = useMemo(() => signal({}), [path]);
  const reader = useMemo(() => readerOf(path, state, pause), [path]);
  useEffect(() => {
    reader.read();
    const unsubscribe = live ? beat.subscribe(() => reader.again()) : undefined;
    return () => {
      unsubscribe?.();
      reader.close();
    };
  }, [reader, live]);
  const { data, error } = state.value;
  return { data, error, reload: reader.read };
}

function readerOf<Body>(path: string | undefined, state: Signal<State<Body>>, pause: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reading = false;
  let wanted = false;
  let closed = false;
  let answeredAt = 0;

  async function read(): Promise<void> {
    if (path === undefined || closed) return;
    if (reading) {
      wanted = true;
      return;
    }
    reading = true;
    try {
      state.value = { data: await call<Body>('GET', path) };
    } catch (error) {
      if (error instanceof Error) state.value = { ...state.value, error };
    }
    reading = false;
    answeredAt = performance.now();
    if (wanted) again();
  }

  function again(): void {
    if (answeredAt === 0) return;
    wanted = false;
    clearTimeout(timer);
    timer = setTimeout(read, Math.max(0, answeredAt + pause - performance.now()));
  }

  return {
    read: () => void read(),
    again,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
