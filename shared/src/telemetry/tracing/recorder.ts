import { type Attributes, type Link, type SpanContext, type SpanKind, TraceFlags } from '@opentelemetry/api';
import { isSampled, reasonOf, traceIdIn } from '../../pipeline/index.js';
import { conventional } from './conventions.js';
import { randomHex } from './ids.js';
import type { RecordedSpan } from './recorded-span.js';
import type { Sdk } from './sdk.js';

/** What a span is begun with. */
export interface Beginning {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  /** W3C trace context of the parent. */
  readonly parent?: string | undefined;
  /** When there is no parent: the trace that it begins. A random one without. */
  readonly traceId?: string | undefined;
  /** Of other spans that it has to do with. */
  readonly links?: readonly string[];
  /** From `performance.now()`; now without. */
  readonly since?: number;
}

const contextOf = (traceparent: string): SpanContext => ({
  traceId: traceparent.slice(3, 35),
  spanId: traceparent.slice(36, 52),
  traceFlags: Number.parseInt(traceparent.slice(53, 55), 16),
  isRemote: true,
});

export const linkTo = (traceparent: string): Link => ({ context: contextOf(traceparent) });

export function traceparentOf(span: RecordedSpan): string {
  const { traceId, spanId } = span.spanContext();
  return `00-${traceId}-${spanId}-01`;
}

/** Ends a span, as failed if there is an error: its words, which never hold data, and its class. */
export function end(span: RecordedSpan, error?: unknown): void {
  if (error !== undefined) {
    span.set(conventional.errorType, error instanceof Error ? error.name : '_OTHER');
    span.fail(reasonOf(error));
  }
  span.end();
}

/** Begins spans of sampled traces. */
export class Recorder {
  readonly #sdk: Sdk;

  constructor(sdk: Sdk) {
    this.#sdk = sdk;
  }

  /** Whether what has this parent, or else begins this trace, is to be recorded. @param traceId asked for only without a parent */
  samples(parent: string | undefined, traceId: () => string | undefined): boolean {
    const inherited = traceIdIn(parent);
    if (parent !== undefined && inherited !== undefined) return this.#sdk.samples(inherited, isSampled(parent));
    return this.#sdk.samples(traceId() ?? '', undefined);
  }

  newTraceId(): string {
    return randomHex(16);
  }

  begin({ parent, traceId, links = [], since = performance.now(), ...rest }: Beginning): RecordedSpan {
    const inherited = parent === undefined || traceIdIn(parent) === undefined ? undefined : contextOf(parent);
    const context = {
      traceId: inherited?.traceId ?? traceId ?? randomHex(16),
      spanId: randomHex(8),
      traceFlags: TraceFlags.SAMPLED,
    };
    return this.#sdk.begin({ ...rest, context, parent: inherited, links: links.map(linkTo), since });
  }
}
