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
  /** Undefined: the service cannot be asked. */
  readonly status: ProcessingState | undefined;
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

/**
 * How far one step has come with an event. What is under way or waits for another attempt is seen only by what the other steps of the
 * service have done: an event that nobody has handled or parked yet counts as unprocessed.
 *
 * @param handled by the service's inbox; undefined when it cannot be asked
 * @param letters parked copies at this service, the latest first
 */
export function processingOf(
  service: string,
  step: string,
  handled: readonly Pick<InboxEntry, 'step' | 'handledAt'>[] | undefined,
  letters: readonly ParkedCopy[],
): Processing {
  const done = handled?.find((each) => each.step === step);
  if (done !== undefined) return { service, step, status: 'COMPLETED', updatedAt: done.handledAt, deadLetterId: undefined };
  const letter = letters.find((each) => each.step === null || each.step.split('+').includes(step));
  if (letter !== undefined)
    return { service, step, status: OF_LETTER[letter.state], updatedAt: letter.changedAt.toISOString(), deadLetterId: letter.id };
  if (handled === undefined) return { service, step, status: undefined, updatedAt: undefined, deadLetterId: undefined };
  const status = handled.length > 0 ? 'IN_PROGRESS' : 'UNPROCESSED';
  return { service, step, status, updatedAt: undefined, deadLetterId: undefined };
}
