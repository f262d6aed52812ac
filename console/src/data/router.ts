import { computed, signal } from '@preact/signals';

/** The part of the URL after `#`: every view has its own, with its filters, so that it can be kept, sent and gone back to. */
const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

export interface Route {
  /** `/orders/0190...` as `['orders', '0190...']` */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** A link that somebody typed, or that was cut off, may be no encoding of anything: it is taken as it stands. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = computed<Route>(() => {
  const [path = '', query = ''] = hash.value.replace(/^#\/?/, '').split('?', 2);
  return { path: path.split('/').filter(Boolean).map(decoded), query: new URLSearchParams(query) };
});

/** A link to a view. */
export function to(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  const search = new URLSearchParams(given).toString();
  return `#${path}${search === '' ? '' : `?${search}`}`;
}

/** A link to an order. What an event says that it is about may be any text. */
export const toOrder = (subject: string): string => to(`/orders/${encodeURIComponent(subject)}`);

export function go(path: string, query?: Readonly<Record<string, string | undefined>>): void {
  location.hash = to(path, query);
}

/** Changes some of the filters of the view that is shown; the page that was reached with the old ones is left. */
export function refine(changes: Readonly<Record<string, string | undefined>>): void {
  const { path, query } = route.value;
  go(`/${path.map(encodeURIComponent).join('/')}`, { ...Object.fromEntries(query), cursor: undefined, ...changes });
}
