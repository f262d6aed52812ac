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

let pending = false;
function happened(): void {
  if (pending) return;
  pending = true;
  setTimeout(() => {
    pending = false;
    if (!document.hidden) beat.value += 1;
  }, EVERY);
}

type Told = { readonly connection: Connection } | 'happened' | 'asked';

/**
 * Follows the live stream. Of all tabs one holds the connection and tells the others, as a browser opens only a few to one server; when it is
 * closed the next one takes over.
 */
export function followLive(): void {
  const channel = new BroadcastChannel(LOCK);
  channel.onmessage = ({ data }: MessageEvent<Told>) => {
    if (data === 'happened') happened();
    else if (data !== 'asked') connection.value = data.connection;
  };
  channel.postMessage('asked' satisfies Told);
  void navigator.locks.request(LOCK, () => new Promise<never>(() => lead(channel)));
  document.addEventListener('visibilitychange', happened);
  setInterval(happened, AT_LEAST_EVERY);
}

function lead(channel: BroadcastChannel): void {
  const tell = (state: Connection) => {
    connection.value = state;
    channel.postMessage({ connection: state } satisfies Told);
  };
  channel.addEventListener('message', ({ data }: MessageEvent<Told>) => {
    if (data === 'asked') tell(connection.value);
  });
  const source = new EventSource('/events/arrivals');
  source.onopen = () => tell('live');
  source.onerror = () => tell('lost');
  source.onmessage = () => {
    happened();
    channel.postMessage('happened' satisfies Told);
  };
}
