import { type Signal, signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { call } from './api.js';
import { type Reading, type Resource, useResource } from './resource.js';

export interface Hidden<Body> extends Resource<Body> {
  readonly revealed: boolean;
  /** @throws whatever `call` throws; then nothing has changed, and what was read is still shown */
  readonly reveal: () => Promise<void>;
}

interface Revealed<Body> {
  readonly data?: Body;
  readonly error?: Error;
}

/**
 * What the API answers at a path, without personal data until they are asked for. From then on it is not read again by itself: each reading
 * that shows them is audited.
 */
export function useHidden<Body>(path: string | undefined, reading: Reading = {}): Hidden<Body> {
  const shown: Signal<Revealed<Body>> = useMemo(() => signal({}), [path]);
  const { data, error } = shown.value;
  const revealed = data !== undefined;
  const found = useResource<Body>(revealed ? undefined : path, reading);
  const reveal = async () => {
    if (path === undefined) return;
    shown.value = { data: await call<Body>('GET', `${path}${path.includes('?') ? '&' : '?'}reveal=true`) };
  };
  if (!revealed) return { ...found, revealed, reveal };
  const reload = () => {
    reveal().catch((failure) => {
      if (failure instanceof Error) shown.value = { ...shown.value, error: failure };
    });
  };
  return { data, error, reload, revealed, reveal };
}
