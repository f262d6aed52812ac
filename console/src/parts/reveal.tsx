import { Act } from './act.js';

interface RevealProps {
  readonly revealed: boolean;
  readonly reveal: (revealed: boolean) => void;
}

/** Personal data are hidden until an operator asks for them, which is written down with who asked. */
export function Reveal({ revealed, reveal }: RevealProps) {
  if (revealed) return null;
  return (
    <Act
      quiet
      label="Show personal data"
      title="Show the personal data in it?"
      run={async () => reveal(true)}
      done={() => undefined}
    >
      <p>It is written down who has seen them.</p>
    </Act>
  );
}
