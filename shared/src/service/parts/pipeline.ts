import type { Implementation } from '../../choreography/index.js';
import { Pipeline, type PipelineOptions } from '../../pipeline/index.js';
import { definitions } from '../../telemetry/index.js';
import type { Part } from '../part.js';

export interface PipelinePart<I extends Implementation> extends Part {
  readonly pipeline: Pipeline<I>;
}

function unroutable(types: readonly string[]): string | undefined {
  return types.length === 0 ? undefined : `no queue wants ${types.join(', ')}: start the services that consume them`;
}

/** The pipeline of the service's steps. It finishes what has arrived once the consumer has stopped. */
export function pipelinePart<I extends Implementation>(implementation: I, options: PipelineOptions): PipelinePart<I> {
  const pipeline = new Pipeline(implementation, options);
  return {
    name: 'pipeline',
    pipeline,
    start: async () => pipeline.start(),
    stop: () => pipeline.stop(),
    checks: [{ name: 'routing', of: 'publishing', check: () => unroutable(pipeline.relay.unroutable) }],
    gauges: [
      { ...definitions.unroutable, read: () => pipeline.relay.unroutable.length },
      { ...definitions.inFlight, read: () => pipeline.inFlight.messages },
      { ...definitions.effects, read: () => pipeline.inFlight.effects },
    ],
  };
}
