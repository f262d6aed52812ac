import type { InboxEntry } from './inboxes.js';

export const processingStates = ['UNPROCESSED', 'IN_PROGRESS', 'COMPLETED', 'ERROR', 'RETRY', 'FAILED'] as const;
export type ProcessingState = (typeof processingStates)[number];

/** A parked copy of the event, at one service. */
export interface ParkedCopy {
  readonly id: string;
  readonly service: string;
  readonly step: string | null;
  readonly state: string;
  readonly changedAt: Date;
}

export interface Processing {
  readonly service: string;
  readonly step: string;
  /** Undefined: nobody knows. */
  readonly status: ProcessingState | undefined;
  /** Why nobody knows. */
  readonly detail: string | undefined;
  readonly updatedAt: string | undefined;
  readonly deadLetterId: string | undefined;
}

const OF_LETTER: Readonly<Record<string, ProcessingState>> = {
  parked: 'ERROR',
  planned: 'RETRY',
  redriven: 'RETRY',
  discarded: 'FAILED',
  gone: 'FAILED',
};

/** What the inbox of a service says of one event. */
export interface Remembered {
  readonly handled: readonly Pick<InboxEntry, 'step' | 'handledAt'>[];
  /** It may have forgotten what it handled before. */
  readonly since: Date;
}

const NOT_ASKED = 'the service cannot be asked';
const FORGOTTEN = 'no longer known: it is older than what the service remembers (INBOX_RETENTION_DAYS)';

/**
 * How far one step has come with an event. What is under way or waits for another attempt is seen only by what the other steps of the
 * service have done: an event that nobody has handled or parked yet counts as unprocessed.
 *
 * @param time of the event
 * @param inbox of the service; undefined when it cannot be asked
 * @param letters parked copies at this service, the latest first
 */
export function processingOf(
  { service, step, time }: { readonly service: string; readonly step: string; readonly time: Date },
  inbox: Remembered | undefined,
  letters: readonly ParkedCopy[],
): Processing {
  const about = { service, step, detail: undefined, updatedAt: undefined, deadLetterId: undefined };
  const done = inbox?.handled.find((each) => each.step === step);
  if (done !== undefined) return { ...about, status: 'COMPLETED', updatedAt: done.handledAt };
  const letter = letters.find((each) => each.step === null || each.step.split('+').includes(step));
  const forgotten = inbox !== undefined && (letter?.changedAt ?? time) < inbox.since;
  if (letter !== undefined) {
    const parked = { ...about, updatedAt: letter.changedAt.toISOString(), deadLetterId: letter.id };
    // Only the service knows what became of what was sent to it again.
    if (letter.state === 'redriven' && forgotten) return { ...parked, status: undefined, detail: FORGOTTEN };
    return { ...parked, status: OF_LETTER[letter.state] };
  }
  if (inbox === undefined) return { ...about, status: undefined, detail: NOT_ASKED };
  if (forgotten) return { ...about, status: undefined, detail: FORGOTTEN };
  return { ...about, status: inbox.handled.length > 0 ? 'IN_PROGRESS' : 'UNPROCESSED' };
}
