import type { Work } from '@quickstep/shared/pipeline';
import { moduleOfKit } from './kit.js';

interface Runner {
  run(works: readonly Work[]): Promise<void>;
}

/** Loaded into a service by `--require`: each command has a transaction of its own; the events of a batch still share one. */
const { BatchRunner } = moduleOfKit<{ BatchRunner: { prototype: Runner } }>('pipeline', 'batch.js');
const runTogether = BatchRunner.prototype.run;
BatchRunner.prototype.run = async function run(works) {
  const events = works.filter(({ bound }) => bound.awaitedBy !== 'client');
  if (events.length > 0) await runTogether.call(this, events);
  for (const command of works.filter(({ bound }) => bound.awaitedBy === 'client')) await runTogether.call(this, [command]);
};
