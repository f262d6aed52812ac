import { me } from '../data/api.js';

interface RevealProps {
  readonly revealed: boolean;
  readonly reveal: (revealed: boolean) => void;
}

/** Personal data are hidden until an operator asks for them, which is written down. */
export function Reveal({ revealed, reveal }: RevealProps) {
  if (revealed || me.value?.role !== 'operator') return null;
  return (
    <button type="button" class="quiet" onClick={() => reveal(true)}>
      Show personal data
    </button>
  );
}
