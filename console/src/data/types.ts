/** What the operations API answers; docs/generated/openapi/operations-service.json describes it. */

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string;
}

export interface CloudEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject: string;
  readonly time: string;
  readonly dataversion?: string;
  readonly correlationid?: string;
  readonly causationid?: string;
  readonly data: unknown;
}

export interface Archived {
  readonly position: number;
  readonly service: string;
  readonly event: CloudEvent;
}

export interface Effect extends Archived {
  readonly effects: readonly Effect[];
}

export interface EventDetail extends Effect {
  readonly causes: readonly Archived[];
}

export interface Waiting {
  readonly service: string;
  readonly step: string;
  readonly type: string;
  readonly since: string;
  readonly answers: readonly string[];
}

export interface Saga {
  readonly orderId: string;
  readonly customerId: string;
  readonly state: string;
  readonly reason: string | null;
  readonly startedAt: string | null;
  /** Seconds. */
  readonly age: number;
  readonly lastEvent: string;
  readonly lastEventAt: string | null;
  readonly endedAt: string | null;
  readonly stuckSince: string | null;
  readonly waiting: readonly Waiting[];
}

export interface Fact {
  readonly id: string;
  readonly type: string;
  readonly service: string;
  readonly step: string | null;
  readonly time: string;
  /** Milliseconds. */
  readonly sinceStart: number;
  readonly cause: string | null;
  readonly sinceCause: number | null;
  readonly data: unknown;
}

export interface Planned {
  readonly type: string;
  readonly service: string;
  readonly step: string;
  readonly happened: string | null;
}

export interface SagaDetail extends Saga {
  readonly deadlineAt: string | null;
  readonly timeline: readonly Fact[];
  readonly plan: readonly Planned[];
}

export interface OrderAtTime {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly total: number;
  readonly currency: string;
}

/** Words of the declarations by which a fact is told to be a failure or a compensation. */
export const isTrouble = (type: string): boolean =>
  /\.(failed|insufficient|stuck|refund|reversal|release|released|refunded|cancelled|recall|cancellation_requested)$/.test(type);
