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
  /** Hidden when somebody typed it. */
  readonly reason: string | null;
  readonly reasonCode: string | null;
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

export interface Letter {
  readonly id: string;
  readonly service: string;
  readonly step: string | null;
  readonly type: string;
  readonly group: string;
  readonly errorClass: string;
  readonly reason: string;
  readonly frame: string | null;
  readonly attempts: number;
  readonly firstFailedAt: string;
  readonly parkedAt: string;
  readonly eventId: string | null;
  readonly subject: string | null;
  readonly state: string;
  readonly edited: boolean;
  readonly redriven: boolean;
  readonly bodyGoneSince: string | null;
}

export interface Difference {
  readonly pointer: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface WholeLetter extends Letter {
  readonly stack: string | null;
  readonly exchange: string;
  readonly routingKey: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly revealed: boolean;
  readonly body: unknown;
  readonly edit: {
    readonly by: string | null;
    readonly at: string | null;
    readonly body: unknown;
    readonly differences: readonly Difference[];
  } | null;
}

export interface LetterGroup {
  readonly group: string;
  readonly service: string;
  readonly step: string | null;
  readonly type: string;
  readonly errorClass: string;
  readonly frame: string | null;
  readonly reason: string;
  readonly count: number;
  readonly returned: number;
  readonly oldest: string;
  readonly latest: string;
}

export interface Plan {
  readonly id: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly filter: Readonly<Record<string, unknown>>;
  /** More messages are meant than a plan holds: these are the oldest. */
  readonly cut: boolean;
  readonly state: 'ready' | 'running' | 'stopped' | 'done';
  readonly action: 'redrive' | 'discard' | null;
  readonly reason: string | null;
  readonly actedBy: string | null;
  readonly stoppedBecause: string | null;
  readonly total: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly states: Readonly<Record<string, number>>;
}

export interface PlanItem {
  readonly position: number;
  readonly deadLetterId: string;
  readonly service: string;
  readonly step: string | null;
  readonly type: string;
  readonly subject: string | null;
  readonly verdict: string;
  readonly detail: string | null;
  readonly state: string;
}

export interface AuditEntry {
  readonly id: string;
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly about: string | null;
  readonly why: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly result: string;
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ServiceState {
  readonly service: string;
  readonly url: string;
  readonly ready: boolean | null;
  readonly troubles: readonly string[];
  readonly samples: readonly Sample[];
}
