import { SpanKind } from '@opentelemetry/api';
import type { AnyMessage } from '../../choreography/index.js';
import { type CloudEvent, exchangeOf } from '../../events/index.js';
import {
  isSampled,
  type Publisher,
  type PutAside,
  type Tracing,
  traceIdOf,
  type Work,
  type WorkSpan,
} from '../../pipeline/index.js';
import { conventional as names, own, RABBITMQ } from './conventions.js';
import { type RecordedSpan, Recorder, type Recording } from './recorded-span.js';
import { type RequestTracing, requestTracing } from './requests.js';
import type { SdkOptions } from './sdk.js';

/** Everything of a service that is traced. */
export interface Traces extends Tracing, RequestTracing {
  /** A publisher that records a span for each sampled event, from the commit to the broker's answer. */
  publisher(publisher: Publisher): Publisher;
  /** An event was copied to a wait queue or to the dead letters: with its trace, as that is in its body. */
  putAside(message: PutAside): void;
}

export interface TracesOptions extends Omit<SdkOptions, 'endpoint'> {
  /** Without one nothing is traced, and the SDK is not even loaded. */
  readonly endpoint: string | undefined;
}

export interface OpenTraces {
  readonly traces: Traces;
  /** Delivers what is left, as far as the receiver takes it. */
  close(): Promise<void>;
}

/** Loads the OpenTelemetry SDK and begins to trace, if there is somebody to tell. */
export async function openTraces({ endpoint, ...options }: TracesOptions): Promise<OpenTraces | undefined> {
  if (endpoint === undefined) return undefined;
  const { startSdk } = await import('./sdk.js');
  const sdk = startSdk({ ...options, endpoint });
  return { traces: tracesOf(options.service, sdk), close: () => sdk.stop() };
}

/** What every span says about a message. */
function aboutMessage({ id, type, subject, correlationid }: CloudEvent) {
  return {
    [names.system]: RABBITMQ,
    [names.messageId]: id,
    [names.conversationId]: correlationid,
    [names.routingKey]: type,
    [own.subject]: subject,
  };
}

function aboutWork({ bound, message, event }: Work, service: string) {
  if (event === undefined) return { [own.step]: bound.name, [own.subject]: message.subject };
  const { type } = event.event;
  return {
    ...aboutMessage(event.event),
    [own.step]: bound.name,
    [names.operationName]: bound.name,
    [names.operationType]: 'process',
    [names.destination]: `${exchangeOf(type)}:${type}:${service}`,
    [names.destinationTemplate]: type,
  };
}

/** What is put aside is an event: commands and timers are asked again by whoever sent them. */
const isEvent = (message: AnyMessage): message is CloudEvent => 'traceparent' in message && 'correlationid' in message;

/** Where a copy goes: `retry` under the key of the delay, which the copy alone knows, or `dead-letter` under the service's name. */
const COPY = {
  retried: { operation: 'retry', exchange: 'retry' },
  waiting: { operation: 'wait', exchange: 'retry' },
  parked: { operation: 'park', exchange: 'dead-letter' },
};

/** The event already carries the span of its step, so that this one is no producer by the conventions. */
function beginSend(recorder: Recorder, event: CloudEvent): RecordedSpan {
  const { type, traceparent: parent } = event;
  const attributes = {
    ...aboutMessage(event),
    [names.operationName]: 'send',
    [names.operationType]: 'send',
    [names.destination]: `${exchangeOf(type)}:${type}`,
    [names.destinationTemplate]: type,
  };
  return recorder.begin({ name: `send ${type}`, kind: SpanKind.CLIENT, attributes, parent, links: [parent] });
}

function tracedPublisher(recorder: Recorder, publisher: Publisher): Publisher {
  return {
    async publish(events) {
      const sampled = events.map(({ event }) => isSampled(event.traceparent));
      if (!sampled.includes(true)) return publisher.publish(events);
      const spans = events.map(({ event }, index) => (sampled[index] ? beginSend(recorder, event) : undefined));
      const fates = await publisher.publish(events);
      spans.forEach((span, index) => {
        const fate = fates[index] ?? 'failed';
        span?.end(fate === 'confirmed' ? undefined : new Error(`The event was ${fate}`));
      });
      return fates;
    },
  };
}

function recordPutAside(recorder: Recorder, { step, message, as, reason }: PutAside): void {
  if (!isEvent(message) || !isSampled(message.traceparent)) return;
  const { operation, exchange } = COPY[as];
  const { type, traceparent: parent } = message;
  const attributes = {
    ...aboutMessage(message),
    [names.operationName]: operation,
    [names.operationType]: 'send',
    [names.destination]: exchange,
    [names.destinationTemplate]: exchange,
    [own.step]: step,
    [own.reason]: reason,
  };
  recorder.begin({ name: `${operation} ${type}`, kind: SpanKind.CLIENT, attributes, parent, links: [parent] }).end();
}

function tracesOf(service: string, recording: Recording): Traces {
  const recorder = new Recorder(recording);

  function begin(work: Work): WorkSpan | undefined {
    const { bound, message, event, cause } = work;
    const traceId = () => traceIdOf(cause.correlationid ?? message.subject, cause.id);
    if (!recorder.samples(cause.traceparent, traceId)) return undefined;
    const span = recorder.begin({
      name: event === undefined ? bound.name : `${bound.name} ${event.event.type}`,
      kind: event === undefined ? SpanKind.INTERNAL : SpanKind.CONSUMER,
      attributes: aboutWork(work, service),
      parent: cause.traceparent,
      traceId: traceId(),
    });
    const { traceparent } = span;
    return {
      traceparent,
      joins: (batch) => span.joins(batch),
      effect(name) {
        const attributes = { [own.step]: bound.name, [own.effect]: name };
        const call = recorder.begin({ name, kind: SpanKind.CLIENT, attributes, parent: traceparent });
        return (error) => call.end(error);
      },
      end(result) {
        const failed = result.kind === 'failed';
        const outcome = result.kind === 'done' ? result.outcome : result.kind;
        span.set(own.outcome, result.kind === 'refused' ? result.refusal.code : outcome);
        span.end(failed ? result.error : undefined);
      },
    };
  }

  return {
    begin,
    batch(works, since) {
      const links = works.flatMap(({ span }) => span?.traceparent ?? []);
      if (links.length === 0) return;
      const attributes = { [names.system]: RABBITMQ, [names.batchSize]: works.length };
      const span = recorder.begin({ name: 'batch', kind: SpanKind.INTERNAL, attributes, links, since });
      for (const work of works) work.span?.joins(span.traceparent);
      span.end();
    },
    publisher: (publisher) => tracedPublisher(recorder, publisher),
    putAside: (message) => recordPutAside(recorder, message),
    ...requestTracing(recorder),
  };
}
