import type { ComponentChildren } from 'preact';
import { Refused } from '../data/api.js';
import type { Resource } from '../data/resource.js';

export function Loading({ what }: { readonly what: string }) {
  return (
    <p class="loading" role="status">
      Reading {what}…
    </p>
  );
}

function wordsOf(error: Error): string {
  if (error instanceof TypeError) return 'The operations service cannot be reached; what is shown may be old.';
  if (error.name === 'TimeoutError') return 'The operations service does not answer; what is shown may be old.';
  return error.message;
}

export function Failure({ error }: { readonly error: Error }) {
  const found = error instanceof Refused ? (error.problem.errors ?? []) : [];
  return (
    <div class="failure" role="alert">
      {wordsOf(error)}
      {found.map(({ pointer, detail }) => (
        <div key={`${pointer} ${detail}`}>{detail}</div>
      ))}
    </div>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

interface LoadedProps<Body> {
  readonly from: Resource<Body>;
  /** Of what is read, for whoever waits. */
  readonly what: string;
  readonly children: (data: Body) => ComponentChildren;
}

/** What was read, or why it was not; what was read before stays when it cannot be read again. */
export function Loaded<Body>({ from: { data, error }, what, children }: LoadedProps<Body>) {
  return (
    <>
      {error !== undefined && <Failure error={error} />}
      {data === undefined ? error === undefined && <Loading what={what} /> : children(data)}
    </>
  );
}
