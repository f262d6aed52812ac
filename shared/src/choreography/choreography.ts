import type { CommandContract, EventContract } from '../events/index.js';
import { checkRetry, type RetryPolicy } from './retry-policy.js';

type Contracts = readonly EventContract[];

/** A step, or one outcome of it as `step.outcome`; one, or several of which any will do. All of the same service. */
export type Names = string | readonly string[];

/** An outcome of which more is to be said than what it emits. */
export interface OutcomeDetails {
  /** Emitted together, in this order. Default: nothing. */
  readonly emits?: Contracts;
  /** For a step of many events: possible after these only. */
  readonly on?: Contracts;
  /**
   * Possible only when one of these came before, for the same subject, and changed something. So `expireOrder` may end in
   * `expired: { after: 'placeOrder' }`, `stuck: { after: ['cancelOrder.requested', 'expireOrder.expired'] }` or `stillStuck: { after: 'expireOrder.stuck' }`:
   *
   * - of all that the step's outcomes name, what came last decides: a cancelled order that expires is `stuck`, not `expired`;
   * - when nothing of it came, the outcomes that name nothing are possible;
   * - the step's own name means that it handled the same event before (`repeated: { after: 'chargePayment' }`): then no other outcome is possible
   *   than those that name it.
   */
  readonly after?: Names;
  /** The work could not be done: nothing of this step has to be undone, but what was done before it. */
  readonly fails?: true;
  /** Looked at the event, and there was nothing to do. Said by itself of an outcome that comes `after` something and emits nothing. */
  readonly changesNothing?: true;
  /** Safe to happen again for the same event. */
  readonly repeatable?: true;
  /** From here on the saga goes forward only. */
  readonly pointOfNoReturn?: true;
}

/** What a step emits when it ends in an outcome: all of it, in this order; and what else is to be said of the outcome. */
export type OutcomeDeclaration = Contracts | OutcomeDetails;

/** How a step may end, by name. A no-op has a name too. */
export type OutcomeDeclarations = Readonly<Record<string, OutcomeDeclaration>>;

/** How a command may be refused: a stable code, and how the client is told. */
export type RefusalDeclarations = Readonly<Record<string, { readonly kind: RefusalKind; readonly when: string }>>;
export type RefusalKind = 'invalid' | 'not-found' | 'conflict' | 'precondition';

interface Common {
  readonly outcomes: OutcomeDeclarations;
  /** The part of the outside world that the step calls, for example `payment gateway`. */
  readonly effect?: string;
  /** Why what the step does need not be undone when the saga fails. */
  readonly uncompensated?: string;
}

/** Reacts to events; a saga waits for it. */
interface EventStep extends Common {
  readonly on: Contracts;
  readonly retry?: RetryPolicy;
  /** The step of the same service whose work this one undoes; `step.outcome` when it undoes the work of that outcome alone. */
  readonly compensates?: string;
  /** The step of the same service whose work this one keeps from being done. */
  readonly prevents?: string;
}

/** Reacts to events; nobody waits for it, and it does not count as the consumer that an event must have. */
interface ObserverStep extends Common {
  readonly observes: Contracts;
  readonly retry?: RetryPolicy;
}

/** Answers a client's command. */
interface CommandStep extends Common {
  readonly command: CommandContract;
  readonly refusals?: RefusalDeclarations;
}

/** Acts when a moment written in a row has come. */
interface TimerStep extends Common {
  /** What the timer is, for people: "the order's deadline". */
  readonly timer: string;
  /** Which sagas have it, when it is a deadline: from this step on, until one of these events has been emitted. */
  readonly deadline?: { readonly from: string; readonly until: Contracts };
}

export type WrittenStep = EventStep | ObserverStep | CommandStep | TimerStep;

export interface EventStepDeclaration extends EventStep {
  readonly kind: 'event';
}
export interface ObserverStepDeclaration extends ObserverStep {
  readonly kind: 'observer';
}
export interface CommandStepDeclaration extends CommandStep {
  readonly kind: 'command';
}
export interface TimerStepDeclaration extends TimerStep {
  readonly kind: 'timer';
}
export type StepDeclaration = EventStepDeclaration | ObserverStepDeclaration | CommandStepDeclaration | TimerStepDeclaration;
export type StepDeclarations = Readonly<Record<string, StepDeclaration>>;

type KindOf<Step> = Step extends { readonly on: Contracts }
  ? 'event'
  : Step extends { readonly observes: Contracts }
    ? 'observer'
    : Step extends { readonly command: CommandContract }
      ? 'command'
      : 'timer';

/** The steps as written, each told its kind. */
type Declared<Steps> = { readonly [Name in keyof Steps]: Steps[Name] & { readonly kind: KindOf<Steps[Name]> } };
type Checked<Steps> = Steps extends StepDeclarations ? Choreography<Steps> : never;

/** A service's whole part in the choreography, as data. Topology, checks, documents, simulation and pipeline are derived from it. */
export interface Choreography<Steps extends StepDeclarations = StepDeclarations> {
  readonly service: string;
  readonly steps: Steps;
}

function kindOf(step: WrittenStep): StepDeclaration['kind'] {
  if ('on' in step) return 'event';
  if ('observes' in step) return 'observer';
  return 'command' in step ? 'command' : 'timer';
}

function hasStep(steps: Readonly<Record<string, WrittenStep>>, name: string): boolean {
  const [step = '', outcome] = name.split('.');
  const found = steps[step];
  return found !== undefined && (outcome === undefined || outcome in found.outcomes);
}

/**
 * Declares a service's part.
 *
 * @throws TypeError when a step has a policy of retry that cannot be meant; when a step claims to undo or prevent a step that the service does not have, or has no outcome
 */
export function choreography<const Steps extends Readonly<Record<string, WrittenStep>>>(
  service: string,
  steps: Steps,
): Checked<Declared<Steps>>;
export function choreography(service: string, steps: Readonly<Record<string, WrittenStep>>): { service: string; steps: object } {
  for (const [name, step] of Object.entries(steps)) {
    if (Object.keys(step.outcomes).length === 0) throw new TypeError(`${service}: step "${name}" declares no outcome`);
    if ('retry' in step && step.retry !== undefined) checkRetry(`${service}: step "${name}"`, step.retry);
    const undone = 'on' in step ? [step.compensates, step.prevents].filter((each) => each !== undefined) : [];
    for (const other of undone) {
      if (!hasStep(steps, other))
        throw new TypeError(`${service}: step "${name}" names "${other}", which is no step of this service, as what it undoes`);
    }
  }
  return {
    service,
    steps: Object.fromEntries(Object.entries(steps).map(([name, step]) => [name, { ...step, kind: kindOf(step) }])),
  };
}

/** The contracts of the events that the step reacts to. */
export function reactsTo(step: StepDeclaration): Contracts {
  if (step.kind === 'event') return step.on;
  return step.kind === 'observer' ? step.observes : [];
}

function isList(outcome: OutcomeDeclaration): outcome is Contracts {
  return Array.isArray(outcome);
}

/** What is said of an outcome, in one form. */
export function detailsOf(outcome: OutcomeDeclaration): OutcomeDetails {
  return isList(outcome) ? { emits: outcome } : outcome;
}

/** What the step emits when it ends in an outcome. */
export function emittedIn(outcome: OutcomeDeclaration): Contracts {
  return detailsOf(outcome).emits ?? [];
}

/** Whether the step may end in an outcome after this event. */
export function isPossible(outcome: OutcomeDeclaration, after: EventContract): boolean {
  return detailsOf(outcome).on?.includes(after) ?? true;
}

/** Whether the step undoes or prevents another's work: it is tried until it succeeds. */
export function isCompensation(step: StepDeclaration): boolean {
  return step.kind === 'event' && (step.compensates ?? step.prevents) !== undefined;
}

/** The contracts of every event that the step may emit, each once. */
export function emitsOf(step: StepDeclaration): EventContract[] {
  return [...new Set(Object.values(step.outcomes).flatMap(emittedIn))];
}

/** The contracts of every event that reaches the service, each once. */
export function consumedBy(declared: Choreography): EventContract[] {
  return [...new Set(Object.values(declared.steps).flatMap(reactsTo))];
}

/** The contracts of every event that the service emits, each once. */
export function emittedBy(declared: Choreography): EventContract[] {
  return [...new Set(Object.values(declared.steps).flatMap(emitsOf))];
}
