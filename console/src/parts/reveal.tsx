import type { Hidden } from '../data/hidden.js';
import { Act } from './act.js';

/** Personal data are hidden until an operator asks for them, which is written down with who asked. */
export function Reveal({ of: { revealed, reveal } }: { readonly of: Hidden<unknown> }) {
  if (revealed) return null;
  return (
    <Act quiet label="Show personal data" title="Show the personal data in it?" run={reveal} done={() => undefined}>
      <p>It is written down who has seen them.</p>
    </Act>
  );
}
