import { Scroll } from './scroll.js';

/** Personal data are not shown before an operator asks for them. */
const PERSONAL = new Set(['email', 'name', 'line1', 'line2', 'postalCode', 'city', 'phone', 'recipient']);

export function hidden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hidden);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, PERSONAL.has(key) && typeof each === 'string' ? '•••' : hidden(each)]),
  );
}

interface JsonProps {
  readonly value: unknown;
  readonly label: string;
  /** An operator has asked for personal data, and the service has sent them. */
  readonly revealed?: boolean;
}

export function Json({ value, label, revealed = false }: JsonProps) {
  return (
    <Scroll look="json" label={label}>
      <pre>{JSON.stringify(revealed ? value : hidden(value), null, 2)}</pre>
    </Scroll>
  );
}
