import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { me, NAME_PATTERN, operatorName, setOperatorName } from '../data/api.js';
import { Failure } from './state.js';

interface ActProps {
  /** On the button that opens the question. */
  readonly label: string;
  readonly title: string;
  readonly children: ComponentChildren;
  /** Asked for with the act, and audited. */
  readonly needsReason?: boolean;
  readonly danger?: boolean;
  /** One of many of its kind. */
  readonly quiet?: boolean;
  readonly run: (reason: string) => Promise<unknown>;
  readonly done: () => void;
}

/** Something that an operator does: asked for once more, with who and why, then carried out; a refusal is shown where it was asked for. */
export function Act({ label, title, children, needsReason = false, danger = false, quiet = false, run, done }: ActProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [name, setName] = useState('');
  const [reason, setReason] = useState('');
  const [error, setError] = useState<Error>();
  const [running, setRunning] = useState(false);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (open) dialog.current?.showModal();
  }, [open]);
  if (me.value?.role !== 'operator') return null;
  const ask = () => {
    setName(operatorName.value);
    setError(undefined);
    setOpen(true);
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    setRunning(true);
    setError(undefined);
    setOperatorName(name);
    try {
      await run(reason);
      dialog.current?.close();
      done();
    } catch (failure) {
      if (failure instanceof Error) setError(failure);
    }
    setRunning(false);
  };
  const id = label.replace(/\W+/g, '-').toLowerCase();
  return (
    <>
      <button type="button" class={(danger && 'danger') || (quiet && 'quiet') || undefined} onClick={ask}>
        {label}
      </button>
      {open && (
        <dialog ref={dialog} aria-labelledby={`act-${id}`} onClose={() => setOpen(false)}>
          <form onSubmit={submit}>
            <h2 id={`act-${id}`}>{title}</h2>
            {children}
            <label for={`name-${id}`}>Your name, for the audit</label>
            <input
              id={`name-${id}`}
              required
              pattern={NAME_PATTERN}
              aria-describedby={`allowed-${id}`}
              value={name}
              onInput={(event) => setName(event.currentTarget.value)}
            />
            <small id={`allowed-${id}`} class="soft">
              Letters from A to Z without accents, digits, spaces and . _ @ + -
            </small>
            {needsReason && (
              <>
                <label for={`reason-${id}`}>Reason</label>
                <input id={`reason-${id}`} required value={reason} onInput={(event) => setReason(event.currentTarget.value)} />
              </>
            )}
            {error && <Failure error={error} />}
            <p class="actions">
              <button type="submit" class={danger ? 'danger' : undefined} disabled={running}>
                {label}
              </button>
              <button type="button" class="quiet" onClick={() => dialog.current?.close()}>
                Not now
              </button>
            </p>
          </form>
        </dialog>
      )}
    </>
  );
}
