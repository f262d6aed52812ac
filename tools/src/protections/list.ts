/** A mechanism that keeps the promise, and the change of the code that takes it away. */
export interface Protection {
  readonly name: string;
  /** What happens without it. */
  readonly against: string;
  /** Paths from the root of the checkout, as all here. */
  readonly file: string;
  /** Occurs in the file exactly once. */
  readonly search: string;
  readonly replacement: string;
  /** The test file that must fail then. */
  readonly test: string;
}

const batch = 'shared/src/pipeline/stages/batch.ts';
const publisher = 'shared/src/messaging/publisher.ts';

export const protections: readonly Protection[] = [
  {
    name: 'inbox',
    against: 'an event that comes twice is handled twice',
    file: batch,
    search: "if (key !== undefined && !claimed.delete(key)) return { work, result: { kind: 'duplicate' }, events: [] };",
    replacement: 'if (key !== undefined) claimed.delete(key);',
    test: 'shared/test/pipeline/batch.test.ts',
  },
  {
    name: 'sweeper',
    against: 'events that a crash left in the outbox are never published',
    file: 'shared/src/pipeline/stages/publish.ts',
    search: 'this.#sweepIn(0);',
    replacement: '',
    test: 'shared/test/pipeline/relay.test.ts',
  },
  {
    name: 'confirm of an event',
    against: 'an event that the broker never took counts as published',
    file: publisher,
    search: "if (error !== null) done('failed');",
    replacement: "if (error !== null) done('confirmed');",
    test: 'shared/test/messaging/publisher.test.ts',
  },
  {
    name: 'closed row',
    against: 'stock is reserved for an order whose release came first',
    file: 'inventory-service/src/steps/reserve-stock.ts',
    search:
      "if (reservation.status === 'released') return outcome('overtaken'); // the release came first\n    if (reservation.status !== 'none')",
    replacement: "if (reservation.status !== 'none' && reservation.status !== 'released')",
    test: 'inventory-service/test/steps/reservation.test.ts',
  },
  {
    name: 'settle one by one: acks',
    against: 'an ack of many covers a delivery that is not finished',
    file: 'shared/src/messaging/settlements.ts',
    search: 'if (message === undefined && !this.#ahead.delete(tag)) return last;',
    replacement: 'if (message === undefined && ![...acked.keys()].some((later) => later > tag)) return last;',
    test: 'shared/test/messaging/settlements.test.ts',
  },
  {
    name: 'settle one by one: events',
    against: 'a message is acknowledged when the first of its events has ended',
    file: 'shared/src/pipeline/stages/settle.ts',
    search: 'if (--this.#open > 0) return;',
    replacement: 'if (--this.#open < 0) return;',
    test: 'shared/test/pipeline/settle.test.ts',
  },
  {
    name: 'resubscribe',
    against: 'a channel that the broker closed stays closed',
    file: 'shared/src/messaging/recovering-channel.ts',
    search: 'void this.#reopen();',
    replacement: '',
    test: 'shared/test/messaging/publisher.test.ts',
  },
  {
    name: 'halving',
    against: 'one bad event fails its whole batch',
    file: batch,
    search: "if (only !== undefined && others.length === 0) return only.settle({ kind: 'failed', error });",
    replacement: "for (const work of works) work.settle({ kind: 'failed', error });\n    if (others.length >= 0) return;",
    test: 'shared/test/pipeline/batch-halves.test.ts',
  },
  {
    name: 'breaker',
    against: 'an outside world that is away is called on and on',
    file: 'shared/src/pipeline/breaker.ts',
    search: 'if (wait <= 0) return;',
    replacement: 'if (wait < Number.POSITIVE_INFINITY) return;',
    test: 'shared/test/pipeline/breaker.test.ts',
  },
  {
    name: 'catch-up of a deleted queue',
    against: 'what was published while the queue was gone never comes',
    file: 'shared/src/messaging/consumer.ts',
    search: 'catchUp?.ask();',
    replacement: '',
    test: 'shared/test/messaging/consumer.test.ts',
  },
  {
    name: 'origin check',
    against: 'a forged event is believed',
    file: 'shared/src/pipeline/stages/decode.ts',
    search: 'if (reason === undefined) return { ok: true, event, body };',
    replacement: 'if (reason !== null) return { ok: true, event, body };',
    test: 'shared/test/pipeline/decode.test.ts',
  },
  {
    name: 'mandatory flag',
    against: 'an event that no queue wants counts as published',
    file: 'shared/src/messaging/messages.ts',
    search: 'mandatory: !final,',
    replacement: 'mandatory: false,',
    test: 'shared/test/messaging/publisher.test.ts',
  },
  {
    name: 'confirm of a copy',
    against: 'a message is acknowledged although the broker has no copy of it',
    file: publisher,
    search: "if (fate === 'confirmed') resolve();",
    replacement: 'if (fate.length > 0) resolve();',
    test: 'shared/test/messaging/confirms.test.ts',
  },
  {
    name: 'outbox in the transaction',
    against: 'a crash between commit and publishing loses the events',
    file: 'shared/src/db/pg-batch.ts',
    search: '[insertLog(outbox.events), insertOutbox(outbox)]',
    replacement: '[insertLog(outbox.events)]',
    test: 'shared/test/db/kept-events.test.ts',
  },
  {
    name: 'lock order',
    against: 'two batches that want the same rows deadlock',
    file: 'shared/src/pipeline/working-rows.ts',
    search: 'keys: [...locked].sort(), lock: true',
    replacement: 'keys: [...locked], lock: true',
    test: 'shared/test/pipeline/working-rows.test.ts',
  },
  {
    name: 'unknown outcome of a commit',
    against: 'a client is told that nothing happened when it may have',
    file: 'shared/src/db/connection.ts',
    search: 'throw committing && !refused(error)',
    replacement: 'throw !committing',
    test: 'shared/test/db/lost-commit.test.ts',
  },
  {
    name: 'COMMIT answered ROLLBACK',
    against: 'a transaction that was rolled back counts as committed',
    file: 'shared/src/db/pg-batch.ts',
    search: "if (answer !== 'COMMIT')",
    replacement: 'if (answer === undefined)',
    test: 'shared/test/db/connection.test.ts',
  },
  {
    name: 'statement timeout',
    against: 'a statement outlasts the time that the broker gives a delivery',
    file: 'shared/src/db/settings.ts',
    search: '"set statement_timeout = \'30s\'",',
    replacement: '',
    test: 'shared/test/db/settings.test.ts',
  },
  {
    name: 'durable commit',
    against: 'what was acknowledged is lost when the database crashes',
    file: 'shared/src/db/settings.ts',
    search: "'set synchronous_commit = on'",
    replacement: "'set synchronous_commit = off'",
    test: 'shared/test/db/settings.test.ts',
  },
  {
    name: 'dead connection',
    against: 'a half-open database connection is waited for, a minute by a batch and for ever by a read',
    file: 'shared/src/db/watch.ts',
    search: 'stream.destroy(new Error(LOST));',
    replacement: '',
    test: 'shared/test/db/liveness.test.ts',
  },
  {
    name: 'schema check at the door',
    against: 'a command with wrong fields reaches its step',
    file: 'shared/src/pipeline/pipeline.ts',
    search: 'if (errors.length > 0) return invalid(errors);',
    replacement: '',
    test: 'shared/test/pipeline/pipeline.test.ts',
  },
];
