import { exchangeOf } from '@quickstep/shared/events';
import type { Delivery, Failure, Fate, Observer, OutgoingEvent, Publisher, Wait } from '@quickstep/shared/pipeline';

/** Takes every event; what is to become of them a test may say. */
export class MemoryPublisher implements Publisher {
  readonly published: OutgoingEvent[][] = [];
  fate: (event: OutgoingEvent) => Fate | Promise<Fate> = () => 'confirmed';

  async publish(events: readonly OutgoingEvent[]): Promise<readonly Fate[]> {
    this.published.push([...events]);
    return Promise.all(events.map((event) => this.fate(event)));
  }

  get types(): string[] {
    return this.published.flat().map(({ event }) => event.type);
  }
}

/** What the pipeline reported, one text for each report. */
export class Reports implements Observer {
  readonly lines: string[] = [];
  conflicts = 0;
  readonly batches: number[] = [];

  handled({ step, result }: Parameters<Observer['handled']>[0]): void {
    const detail = result.kind === 'done' ? ` ${result.outcome}` : '';
    this.lines.push(`${step} ${result.kind}${result.kind === 'refused' ? ` ${result.refusal.code}` : detail}`);
  }
  putAside({ step, as, reason }: Parameters<Observer['putAside']>[0]): void {
    this.lines.push(`${step} ${as}: ${reason}`);
  }
  undecodable(reason: string): void {
    this.lines.push(`undecodable: ${reason}`);
  }
  forged(reason: string): void {
    this.lines.push(`forged: ${reason}`);
  }
  batch(size: number): void {
    this.batches.push(size);
  }
  conflict(): void {
    this.conflicts++;
  }
  breaker(effect: string, state: string): void {
    this.lines.push(`breaker of ${effect}: ${state}`);
  }
  trouble(what: string, error: unknown, { subject }: Readonly<Record<string, string>> = {}): void {
    const reason = error instanceof Error ? `${error.name} ${error.message}` : error;
    this.lines.push(`${what}: ${reason}${subject === undefined ? '' : ` (${subject})`}`);
  }
}

/** A message from the broker, and what became of it. */
export class Message implements Delivery {
  readonly body: Buffer | string;
  readonly batched: boolean;
  readonly exchange: string;
  readonly routingKey: string;
  readonly repeated: boolean;
  readonly attempt: number;
  /** `ack` or `requeue`, and the copies: `retry: <reason>`, `park: <reason>`. */
  readonly fate: string[] = [];
  readonly copies: (Buffer | string)[] = [];
  readonly failures: Failure[] = [];
  readonly waits: Wait[] = [];
  /** Until it is let go, no copy is confirmed; when it throws, none is made. */
  onCopy: () => unknown = () => undefined;

  /** @param type of its events: its routing key */
  constructor(
    body: Buffer | string,
    type: string,
    { attempt = 0, batched = false, repeated = false }: { attempt?: number; batched?: boolean; repeated?: boolean } = {},
  ) {
    this.body = body;
    this.exchange = exchangeOf(type);
    this.routingKey = type;
    this.repeated = repeated || attempt > 0;
    this.attempt = attempt;
    this.batched = batched;
  }

  ack(): void {
    this.fate.push('ack');
  }
  requeue(): void {
    this.fate.push('requeue');
  }
  retry(body: string, failure: Failure, wait: Wait): Promise<void> {
    this.waits.push(wait);
    return this.#copy('retry', body, failure);
  }
  park(body: Buffer | string, failure: Failure): Promise<void> {
    return this.#copy('park', body, failure);
  }

  async #copy(where: string, body: Buffer | string, failure: Failure): Promise<void> {
    this.fate.push(`${where}: ${failure.reason}`);
    this.failures.push(failure);
    await this.onCopy();
    this.copies.push(body);
  }
}
