import { SpanKind } from '@opentelemetry/api';
import { traceIdOf } from '../../pipeline/index.js';
import { conventional as names } from './conventions.js';
import { type Recorder, randomHex } from './recorded-span.js';

/** What is known of a request when its span begins. */
export interface TracedRequest {
  readonly method: string;
  /** The pattern of the path. */
  readonly route: string;
  readonly path: string;
  /** The caller's trace context, if it is valid. */
  readonly parent: string | undefined;
  /** What the request is about and the id of the work: they name the trace of a caller that has none. */
  readonly about?: { readonly subject: string; readonly id: string };
  /** From `performance.now()`. */
  readonly since: number;
}

export interface RequestSpan {
  readonly traceparent: string;
  end(status: number): void;
}

export interface RequestTracing {
  /** Undefined when its trace is not sampled. */
  request(request: TracedRequest): RequestSpan | undefined;
}

/** Asked by machines every few seconds, or for as long as nothing happens. */
const UNTRACED = new Set(['/health/live', '/health/ready', '/metrics', '/openapi.json', '/log']);

export function requestTracing(recorder: Recorder): RequestTracing {
  return {
    request({ method, route, path, parent, about, since }) {
      if (UNTRACED.has(route)) return undefined;
      const traceId = about === undefined ? undefined : traceIdOf(about.subject, about.id);
      const chosen = traceId ?? randomHex(16);
      if (!recorder.samples(parent, () => chosen)) return undefined;
      const attributes = { [names.method]: method, [names.route]: route, [names.path]: path, [names.scheme]: 'http' };
      const name = `${method} ${route}`;
      const span = recorder.begin({ name, kind: SpanKind.SERVER, attributes, parent, traceId: chosen, since });
      return {
        traceparent: span.traceparent,
        end(status) {
          span.set(names.status, status);
          span.end(status >= 500 ? new Error(`Answered ${status}`) : undefined);
        },
      };
    },
  };
}
