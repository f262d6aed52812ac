import { type AnyMessage, type AnyStep, outcome } from '@quickstep/shared/choreography';
import type { EventDraft } from '@quickstep/shared/events';
import { BETWEEN_EVENTS } from '@quickstep/shared/pipeline';
import { kitchen, Noted, SentBack } from './kitchen.js';
import { ending, eventOf, pipelineOver } from './pipeline-over.js';
import { Message } from './ports.js';

export const DELAYS = [1_000, 2_000, 3_000];
export const RETRIES = DELAYS.length;

/** Ends well unless there is an error to throw, for every dish or for some. */
class Trial implements AnyStep {
  error: Error | undefined;
  readonly errors = new Map<string, Error>();
  readonly #name: string;
  readonly #events: readonly EventDraft[];

  constructor(name: string, ...events: readonly EventDraft[]) {
    this.#name = name;
    this.#events = events;
  }
  rows = () => ({});
  decide = ({ subject }: AnyMessage) => {
    const error = this.error ?? this.errors.get(subject);
    if (error !== undefined) throw error;
    return outcome(this.#name, ...this.#events);
  };
}

export function service(changed: Readonly<Record<string, AnyStep>> = {}) {
  const cook = new Trial('repeated');
  const clean = new Trial('repeated');
  const refuse = new Trial('refused');
  const watch = new Trial('seen', Noted({ dish: 'soup' }));
  const steps = { cook, clean, refuse, watch, hire: ending('known'), cool: ending('eaten') };
  return { ...steps, ...pipelineOver(kitchen, { ...steps, ...changed }, { retryDelays: DELAYS }) };
}

export const textOf = (dish: string) => JSON.stringify(eventOf(SentBack, SentBack({ dish })));
export const batched = (parts: readonly string[]) =>
  new Message(`[${parts.join(BETWEEN_EVENTS)}]`, SentBack.type, { batched: true });
