import { type Attributes, type HrTime, type Link, type SpanContext, type SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

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
  readonly context: SpanContext;
  readonly parent: SpanContext | undefined;
  readonly links: Link[];
  /** From `performance.now()`. */
  readonly since: number;
}

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

  constructor(origin: Origin, { name, kind, attributes, context, parent, links, since }: Beginning) {
    this.name = name;
    this.kind = kind;
    this.attributes = attributes;
    this.#context = context;
    if (parent !== undefined) this.parentSpanContext = parent;
    this.links = links;
    this.startTime = timeOf(this.#zero + since);
    this.resource = origin.resource;
    this.instrumentationScope = origin.instrumentationScope;
    this.#origin = origin;
    this.#since = since;
  }

  spanContext(): SpanContext {
    return this.#context;
  }

  set(name: string, value: string | number): void {
    this.attributes[name] = value;
  }

  fail(message: string): void {
    this.status = { code: SpanStatusCode.ERROR, message };
  }

  end(): void {
    const now = performance.now();
    this.endTime = timeOf(this.#zero + now);
    this.duration = timeOf(now - this.#since);
    this.ended = true;
    this.#origin.take(this);
  }
}
