import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { until } from './until.js';

type Value = string | number | boolean | undefined;

/** A span as it was received. */
export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  /** As the protocol counts them: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** 2 is an error. */
  readonly status: number;
  readonly milliseconds: number;
}

interface KeyValue {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string; readonly boolValue?: boolean };
}

interface WireSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly attributes?: readonly KeyValue[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

interface Request {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly schemaUrl?: string; readonly spans: readonly WireSpan[] }[];
  }[];
}

function valuesOf(attributes: readonly KeyValue[] = []): Record<string, Value> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? (value.intValue && Number(value.intValue))]),
  );
}

function received(service: string, span: WireSpan): ReceivedSpan {
  const { name, kind, traceId, spanId, parentSpanId, links = [], status } = span;
  const milliseconds = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6;
  const known = { name, kind, traceId, spanId, parentSpanId: parentSpanId || undefined, links };
  return { service, ...known, attributes: valuesOf(span.attributes), status: status?.code ?? 0, milliseconds };
}

/** An OTLP receiver (HTTP, JSON) that keeps every span: https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly schemaUrls = new Set<string | undefined>();
  readonly #server = createServer(async (request, response) => {
    if (request.method !== 'POST' || request.url !== '/v1/traces') return void response.writeHead(404).end();
    const { resourceSpans }: Request = JSON.parse(await text(request));
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = String(valuesOf(resource.attributes)['service.name']);
      for (const { schemaUrl, spans } of scopeSpans) {
        this.schemaUrls.add(schemaUrl);
        this.spans.push(...spans.map((each) => received(service, each)));
      }
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });

  static async listen(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get endpoint(): string {
    const address: AddressInfo | string | null = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  /** Waits for a span; what was received before counts. */
  span(fits: (span: ReceivedSpan) => boolean, what: string): Promise<ReceivedSpan> {
    return until(
      async () => this.spans.find(fits),
      () => `No span ${what}; there are ${this.spans.map(({ service, name }) => `${service}: ${name}`).join(', ') || 'none'}`,
    );
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
