/** Personal data are not shown before an operator asks for them. */
const PERSONAL = new Set(['email', 'name', 'line1', 'line2', 'postalCode', 'city', 'phone', 'recipient']);

export function hidden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hidden);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, PERSONAL.has(key) && typeof each === 'string' ? '•••' : hidden(each)]),
  );
}

export function Json({ value, label }: { readonly value: unknown; readonly label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="json" tabIndex={0} aria-label={label}>
      <pre>{JSON.stringify(hidden(value), null, 2)}</pre>
    </section>
  );
}
