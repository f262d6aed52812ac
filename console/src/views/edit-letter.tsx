import { useState } from 'preact/hooks';
import { call } from '../data/api.js';
import type { WholeLetter } from '../data/types.js';
import { Act } from '../parts/act.js';

interface EditLetterProps {
  readonly letter: WholeLetter;
  readonly done: () => void;
}

/** Only what can be read whole can be changed: personal data that are hidden would be lost. */
export function EditLetter({ letter, done }: EditLetterProps) {
  const [text, setText] = useState<string>();
  if (!letter.revealed || letter.bodyGoneSince !== null || typeof letter.body === 'string') return null;
  const shown = text ?? JSON.stringify(letter.edit?.body ?? letter.body, null, 2);
  const save = (reason: string) =>
    call('PUT', `/dead-letters/edits/${letter.id}`, { event: JSON.parse(shown), ...(reason === '' ? {} : { reason }) });
  return (
    <Act label="Change the message" title="Change what is sent in its place" needsReason run={save} done={done}>
      <label for="edited">The event; it is checked against its contract</label>
      <textarea id="edited" rows={16} class="mono" value={shown} onInput={(event) => setText(event.currentTarget.value)} />
    </Act>
  );
}
