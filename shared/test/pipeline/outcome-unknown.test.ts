import { expect, test } from '@jest/globals';
import { accepted, choreography, implement, step } from '@quickstep/shared/choreography';
import { command } from '@quickstep/shared/events';
import { OutcomeUnknown, Pipeline, silent, Unavailable } from '@quickstep/shared/pipeline';
import { Type } from '@sinclair/typebox';

const declared = choreography('library-service', {
  lend: { command: command(Type.Object({}), 'Lend a book.'), emits: [] },
});
const steps = implement(declared, { lend: step(declared, 'lend', { rows: () => ({}), decide: () => accepted(undefined) }) });

test('only those whose commit was lost are told that its outcome is unknown; nothing was done for those behind them', async () => {
  let committing = (_lose: (error: Error) => void) => {};
  const losing = new Promise<(error: Error) => void>((resolve) => {
    committing = resolve;
  });
  const store = {
    begin: async () => ({
      claimed: [],
      rows: [],
      commit: () => new Promise<void>((_, reject) => committing(reject)),
      rollback: async () => {},
    }),
    unpublished: async () => [],
    clearOutbox: async () => {},
    due: async () => [],
  };
  const pipeline = new Pipeline(steps, {
    store,
    publisher: { publish: async () => [] },
    clock: { now: () => new Date(0), after: () => () => {} },
    newId: () => 'id',
    observer: silent,
    retries: 0,
    batchLimit: 1,
    prefetch: 20,
    commandLimit: 10,
    journal: false,
    sweepEvery: 1_000,
    sweepAfter: 1_000,
    timersEvery: 1_000,
  });
  const lend = () => pipeline.execute('lend', {}, { id: '1', subject: '1' }).catch((error: unknown) => error);
  const committed = lend();
  const behind = lend();
  const lose = await losing;
  lose(new OutcomeUnknown('The connection was lost'));
  expect(await committed).toBeInstanceOf(OutcomeUnknown);
  expect(await behind).toBeInstanceOf(Unavailable);
  expect(await behind).not.toBeInstanceOf(OutcomeUnknown);
});
