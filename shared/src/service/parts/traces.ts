import type { ServiceConfig } from '../../config/index.js';
import type { Observer } from '../../pipeline/index.js';
import { openTraces, type Traces } from '../../telemetry/index.js';
import type { Assembly } from '../part.js';

type TracesConfig = Pick<ServiceConfig, 'service' | 'otlpEndpoint' | 'tracesSampler' | 'tracesRatio'>;

/** The first to start and the last to stop: what the others record while they stop is delivered, too. Undefined when nothing is traced. */
export async function startTraces(
  { service, otlpEndpoint: endpoint, tracesSampler: sampler, tracesRatio: ratio }: TracesConfig,
  observer: Pick<Observer, 'trouble'>,
  assembly: Assembly,
): Promise<Traces | undefined> {
  const failed = (error: unknown) => observer.trouble('spans could not be delivered, and are lost', error);
  const open = await openTraces({ service, endpoint, sampler, ratio, failed });
  if (open !== undefined) await assembly.add({ name: 'traces', stop: () => open.close() });
  return open?.traces;
}
