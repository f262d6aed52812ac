import type { AnyStep, Choreography, Outcome } from '@quickstep/shared/choreography';
import { outcome } from '@quickstep/shared/choreography';
import type { CloudEvent, EventContract, EventDraft } from '@quickstep/shared/events';
import { Pipeline, type PipelineOptions } from '@quickstep/shared/pipeline';
import { v7 } from 'uuid';
import { stamper } from '../../src/pipeline/stamp.js';
import { MemoryStore } from './memory-store.js';
import { MemoryPublisher, type Message, Reports } from './ports.js';
import { HandDrivenClock, settled } from './time.js';

/** The event that a service would have published. */
export function eventOf(contract: EventContract, draft: EventDraft, changes: Partial<CloudEvent> = {}): CloudEvent {
  const { event } = stamper(contract.emitters[0] ?? 'nobody', v7)(
    contract,
    draft,
    { id: v7(), tenantid: 'default' },
    'test',
    0,
    new Date(0).toISOString(),
  );
  return { ...event, ...changes };
}

/** A step that touches no rows and ends in one outcome. */
export function ending(name: string, ...events: readonly EventDraft[]): AnyStep {
  return { rows: () => ({}), decide: (): Outcome => outcome(name, ...events) };
}

/** A pipeline with all its outsides in a test's hands. */
export function pipelineOver(
  declared: Choreography,
  steps: Readonly<Record<string, AnyStep>>,
  changes: Partial<PipelineOptions> = {},
) {
  const outsides = { store: new MemoryStore(), publisher: new MemoryPublisher(), clock: new HandDrivenClock() };
  const reports = new Reports();
  const pipeline = new Pipeline(
    { choreography: declared, steps },
    {
      ...outsides,
      newId: v7,
      observer: reports,
      retryDelays: [1_000, 2_000, 3_000],
      effectBreaker: { calls: 20, probeAfter: 5_000 },
      batchLimit: 1_000,
      prefetch: 1_000,
      effectTimeout: 1_000,
      effectConcurrency: 10,
      commandLimit: 100,
      sweepEvery: 1_000,
      sweepAfter: 1_000,
      timersEvery: 1_000,
      ...changes,
    },
  );
  /** Hands over messages at once and resolves when all that can happen without time passing has happened. */
  const deliver = async (...messages: readonly Message[]) => {
    for (const message of messages) pipeline.deliver(message);
    await settled();
  };
  return { ...outsides, reports, pipeline, deliver };
}
