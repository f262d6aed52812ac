import { refine, route } from '../data/router.js';

/** To the next page, and back to the first. Earlier pages are reached with the browser's own way back. */
export function Pager({ next }: { readonly next: string | undefined }) {
  const later = route.value.query.has('cursor');
  if (!later && next === undefined) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {later && (
        <button type="button" class="quiet" onClick={() => refine({ cursor: undefined })}>
          First page
        </button>
      )}
      {next !== undefined && (
        <button type="button" class="quiet" onClick={() => refine({ cursor: next })}>
          Next page
        </button>
      )}
    </nav>
  );
}
