import { type AnyDecision, type NotDue, type Outcome, Permanent, type Refused } from '../choreography/index.js';
import type { EventContract, EventDraft } from '../events/index.js';
import type { LoadedRows, Refs } from '../rows/index.js';
import type { BoundStep } from './bound-step.js';
import { WrongOutcome } from './errors.js';
import type { NewId, OutgoingEvent } from './ports.js';
import { stamper } from './stamp.js';
import type { Work, WorkResult } from './work.js';
import type { WorkingRows } from './working-rows.js';

/** What one piece of work came to, before anything is written. */
export interface Decided {
  readonly work: Work;
  readonly result: WorkResult;
  readonly events: readonly OutgoingEvent[];
}

const NO_EVENTS: readonly OutgoingEvent[] = [];

export function failed(work: Work, error: unknown): Decided {
  return { work, result: { kind: 'failed', error }, events: NO_EVENTS };
}

/** A loop: this runs for every event. */
function fits(declared: readonly EventContract[], events: readonly EventDraft[]): boolean {
  if (declared.length !== events.length) return false;
  for (let index = 0; index < declared.length; index++) if (declared[index]?.type !== events[index]?.type) return false;
  return true;
}

/** @throws WrongOutcome when the outcome is not declared, or its events are others than declared: a bug in the step, which no retry mends */
function contractsOf({ bound, event }: Work, { outcome, events }: Outcome): readonly EventContract[] {
  const declared = bound.outcomes(event?.event.type ?? '').get(outcome);
  if (declared === undefined)
    throw new WrongOutcome(outcome, `Step "${bound.name}" ended in "${outcome}", which it does not declare here`);
  if (fits(declared, events)) return declared;
  const types = (each: readonly { readonly type: string }[]) => each.map(({ type }) => type).join(', ') || 'nothing';
  const message = `Step "${bound.name}" ended in "${outcome}" with ${types(events)}; it declares ${types(declared)}`;
  throw new WrongOutcome(outcome, message);
}

/** @throws Permanent when the code is not declared */
function refusal({ name, refusalKind }: BoundStep, refused: Refused): WorkResult {
  const kind = refusalKind(refused.code);
  if (kind === undefined) throw new Permanent(`Step "${name}" refused with "${refused.code}", which it does not declare`);
  return { kind: 'refused', refusal: { ...refused, kind } };
}

function endOf(decision: Exclude<AnyDecision, NotDue>): { readonly ended: Outcome; readonly reply: unknown } | Refused {
  if (!('accepted' in decision)) return { ended: decision, reply: undefined };
  return decision;
}

function stampOf(outcome: string, stamp: () => OutgoingEvent): OutgoingEvent {
  try {
    return stamp();
  } catch (error) {
    throw error instanceof Permanent ? new WrongOutcome(outcome, error.message) : error;
  }
}

/** How long the saga took that ends here. Where it began another replica's clock may have been ahead. */
function sagaOf({ step }: BoundStep, contracts: readonly EventContract[], rows: LoadedRows<Refs>, now: Date) {
  if (step.began === undefined || !contracts.some(({ ending }) => ending !== undefined)) return {};
  const began = step.began(rows);
  return began instanceof Date ? { sagaMilliseconds: Math.max(0, now.getTime() - began.getTime()) } : {};
}

/** More than the clocks of two databases that are kept in time differ by; an event from further ahead has a wrong time. */
const SKEW_MS = 1_000;

/**
 * A step decides after what it reacts to has happened, whatever the clocks of two databases say: otherwise an order as it was when it was placed would be
 * a paid one.
 */
function afterCause({ event }: Work, now: Date): Date {
  if (event === undefined) return now;
  const next = Date.parse(event.event.time) + 1;
  const ahead = next - now.getTime();
  return ahead > 0 && ahead <= SKEW_MS ? new Date(next) : now;
}

/** Lets steps decide over the rows of a batch, and stamps what they emit. */
export function decider(service: string, newId: NewId) {
  const stamp = stamper(service, newId);

  /** @throws WrongOutcome when an event breaks its contract */
  function stampAll(
    { bound, cause }: Work,
    contracts: readonly EventContract[],
    { outcome, events: drafts }: Outcome,
    now: Date,
  ) {
    const time = now.toISOString();
    const stamped: OutgoingEvent[] = [];
    contracts.forEach((contract, position) => {
      const draft = drafts[position];
      if (draft !== undefined) stamped.push(stampOf(outcome, () => stamp(contract, draft, cause, bound.name, position, time)));
    });
    return stamped;
  }

  /** @throws whatever the step throws; its rows are then as they were */
  return function decide(work: Work, refs: Refs, rows: WorkingRows, clockTime: Date): Decided {
    const { bound, message, answer } = work;
    const now = afterCause(work, clockTime);
    const borrowed = rows.borrow(refs);
    const decision = bound.step.decide(message, borrowed.rows, { now, answer });
    if ('notDue' in decision) return { work, result: { kind: 'notDue' }, events: NO_EVENTS };
    const end = endOf(decision);
    if (!('ended' in end)) return { work, result: refusal(bound, end), events: NO_EVENTS };
    const { ended, reply } = end;
    const contracts = contractsOf(work, ended);
    const events = ended.events.length === 0 ? NO_EVENTS : stampAll(work, contracts, ended, now);
    borrowed.keep();
    const saga = sagaOf(bound, contracts, borrowed.rows, now);
    return { work, result: { kind: 'done', outcome: ended.outcome, reply, ...saga }, events };
  };
}
