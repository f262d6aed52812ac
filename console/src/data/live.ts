import { signal } from '@preact/signals';

/** Grows with everything that happens: views that show what is current read again. */
export const beat = signal(0);
export type Connection = 'connecting' | 'live' | 'lost';
export const connection = signal<Connection>('connecting');

const LOCK = 'quickstep.live';
/** At most so often, in milliseconds: thousands of events a second are one beat. */
const EVERY = 1_000;
/** Parked messages, plans and the state of services change without an event. */
const AT_LEAST_EVERY = 5_000;
const AGAIN_AFTER = 2_000;

let pending = false;
function happened(): void {
  if (pending) return;
  pending = true;
  setTimeout(() => {
    pending = false;
    if (!document.hidden) beat.value += 1;
  }, EVERY);
}

type Told = { readonly connection: Connection } | 'happened';
type Tell = (told: Told) => void;
const ASKED = 'asked';

function hear(told: Told): void {
  if (told === 'happened') happened();
  else connection.value = told.connection;
}

/** Follows the live stream. */
export function followLive(): void {
  document.addEventListener('visibilitychange', happened);
  setInterval(happened, AT_LEAST_EVERY);
  if (isSecureContext) followTogether();
  else followAlone();
}

/**
 * Of all tabs one holds the stream and tells the others, as a browser opens only a few connections to one server; when it is closed the
 * next one takes over.
 */
function followTogether(): void {
  const channel = new BroadcastChannel(LOCK);
  channel.onmessage = ({ data }: MessageEvent<Told | typeof ASKED>) => {
    if (data !== ASKED) hear(data);
  };
  channel.postMessage(ASKED);
  void navigator.locks.request(LOCK, () => new Promise<never>(() => lead(channel)));
}

function lead(channel: BroadcastChannel): void {
  channel.addEventListener('message', ({ data }: MessageEvent<Told | typeof ASKED>) => {
    if (data === ASKED) channel.postMessage({ connection: connection.value } satisfies Told);
  });
  hold((told) => {
    hear(told);
    channel.postMessage(told);
  });
}

/** A page that comes over plain HTTP, and not from this machine, may not use locks: each tab holds a stream while it is seen. */
function followAlone(): void {
  let letGo: (() => void) | undefined;
  const look = () => {
    letGo?.();
    letGo = document.hidden ? undefined : hold(hear);
  };
  document.addEventListener('visibilitychange', look);
  look();
}

/** Holds the stream. A browser tries again by itself only while nothing answers: an answer that is no stream, as a proxy's 502, ends it. */
function hold(tell: Tell): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    source = new EventSource('/events/arrivals');
    source.onopen = () => tell({ connection: 'live' });
    source.onmessage = () => tell('happened');
    source.onerror = () => {
      tell({ connection: 'lost' });
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN_AFTER);
    };
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
