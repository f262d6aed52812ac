import type { ServiceConfig } from '../../config/index.js';
import type { Observer } from '../../pipeline/index.js';
import { openTraces, type Traces } from '../../telemetry/index.js';
import type { Part } from '../part.js';

export interface TracesPart extends Part {
  /** Once started; undefined when nothing is traced. */
  traces(): Traces | undefined;
}

type TracesConfig = Pick<ServiceConfig, 'service' | 'otlpEndpoint' | 'tracesSampler' | 'tracesRatio'>;

/** The first to start and the last to stop: what the others record while they stop is delivered, too. */
export function tracesPart(config: TracesConfig, observer: Pick<Observer, 'trouble'>): TracesPart {
  const { service, otlpEndpoint: endpoint, tracesSampler: sampler, tracesRatio: ratio } = config;
  let open: Awaited<ReturnType<typeof openTraces>>;
  return {
    name: 'traces',
    traces: () => open?.traces,
    async start() {
      const failed = (error: unknown) => observer.trouble('spans could not be delivered, and are lost', error);
      open = await openTraces({ service, endpoint, sampler, ratio, failed });
    },
    stop: () => open?.close(),
  };
}
