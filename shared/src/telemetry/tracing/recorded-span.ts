import { randomFillSync } from 'node:crypto';
import {
  type Attributes,
  type HrTime,
  type Link,
  type SpanContext,
  type SpanKind,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { isSampled, reasonOf, traceIdIn } from '../../pipeline/index.js';
import { conventional } from './conventions.js';

/** What all spans of a service have in common. */
export interface Origin extends Pick<ReadableSpan, 'resource' | 'instrumentationScope'> {
  /** A span has ended. */
  take(span: ReadableSpan): void;
}

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

/** Asked for eight bytes at a time, the generator costs more than everything else of a span. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/** So many random bytes, in hexadecimal. */
export function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString('hex', used - bytes, used);
}

const contextOf = (traceparent: string): SpanContext => ({
  traceId: traceparent.slice(3, 35),
  spanId: traceparent.slice(36, 52),
  traceFlags: Number.parseInt(traceparent.slice(53, 55), 16),
  isRemote: true,
});

const linkTo = (traceparent: string): Link => ({ context: contextOf(traceparent) });

function timeOf(milliseconds: number): HrTime {
  const seconds = Math.trunc(milliseconds / 1_000);
  return [seconds, Math.round((milliseconds - seconds * 1_000) * 1e6)];
}

/**
 * A span whose trace is known to be sampled, and whose attributes are known to be texts and numbers: the SDK's own asks a sampler again,
 * and checks and copies each attribute twice.
 */
export class RecordedSpan implements ReadableSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parentSpanContext?: SpanContext;
  readonly attributes: Attributes;
  readonly links: Link[];
  readonly startTime: HrTime;
  readonly resource: ReadableSpan['resource'];
  readonly instrumentationScope: ReadableSpan['instrumentationScope'];
  readonly events: ReadableSpan['events'] = [];
  readonly droppedAttributesCount = 0;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount = 0;
  status: ReadableSpan['status'] = { code: SpanStatusCode.UNSET };
  endTime: HrTime = [0, 0];
  duration: HrTime = [0, 0];
  ended = false;
  readonly #context: SpanContext;
  readonly #origin: Origin;
  readonly #since: number;
  /** When the clock of `since` was 0: it has no date, and does not follow the machine's when that is set. */
  readonly #zero = Date.now() - performance.now();

  constructor(origin: Origin, { name, kind, attributes, parent, traceId, links = [], since = performance.now() }: Beginning) {
    const inherited = parent === undefined || traceIdIn(parent) === undefined ? undefined : contextOf(parent);
    this.name = name;
    this.kind = kind;
    this.attributes = attributes;
    this.#context = {
      traceId: inherited?.traceId ?? traceId ?? randomHex(16),
      spanId: randomHex(8),
      traceFlags: TraceFlags.SAMPLED,
    };
    if (inherited !== undefined) this.parentSpanContext = inherited;
    this.links = links.map(linkTo);
    this.startTime = timeOf(this.#zero + since);
    this.resource = origin.resource;
    this.instrumentationScope = origin.instrumentationScope;
    this.#origin = origin;
    this.#since = since;
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  get traceparent(): string {
    return `00-${this.#context.traceId}-${this.#context.spanId}-01`;
  }

  set(name: string, value: string | number): void {
    this.attributes[name] = value;
  }

  joins(batch: string): void {
    this.links.push(linkTo(batch));
  }

  /** As failed if there is an error: its words, which never hold data, and its class. */
  end(error?: unknown): void {
    if (error !== undefined) {
      this.set(conventional.errorType, error instanceof Error ? error.name : '_OTHER');
      this.status = { code: SpanStatusCode.ERROR, message: reasonOf(error) };
    }
    const now = performance.now();
    this.endTime = timeOf(this.#zero + now);
    this.duration = timeOf(now - this.#since);
    this.ended = true;
    this.#origin.take(this);
  }
}

/** What decides which traces are recorded, and takes their spans. */
export interface Recording {
  /** Whether a trace is recorded. @param parentSampled what was decided before, if anything was */
  samples(traceId: string, parentSampled: boolean | undefined): boolean;
  /** What all spans have in common, and where they go. */
  readonly origin: Origin;
}

/** Begins spans of sampled traces. */
export class Recorder {
  readonly #recording: Recording;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** Whether what has this parent, or else begins this trace, is to be recorded. @param traceId asked for only without a parent */
  samples(parent: string | undefined, traceId: () => string | undefined): boolean {
    const inherited = traceIdIn(parent);
    if (parent !== undefined && inherited !== undefined) return this.#recording.samples(inherited, isSampled(parent));
    return this.#recording.samples(traceId() ?? '', undefined);
  }

  begin(beginning: Beginning): RecordedSpan {
    return new RecordedSpan(this.#recording.origin, beginning);
  }
}
