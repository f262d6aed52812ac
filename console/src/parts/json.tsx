import { Scroll } from './scroll.js';

interface JsonProps {
  readonly value: unknown;
  readonly label: string;
}

export function Json({ value, label }: JsonProps) {
  return (
    <Scroll look="json" label={label}>
      <pre>{JSON.stringify(value, null, 2)}</pre>
    </Scroll>
  );
}
