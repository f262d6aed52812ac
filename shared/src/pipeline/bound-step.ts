import {
  type AnyStep,
  DEFAULT_RETRY_DELAYS,
  emittedIn,
  type Implementation,
  isCompensation,
  isPossible,
  type RefusalKind,
  type Retry,
  reactsTo,
  retryOf,
  type StepDeclaration,
} from '../choreography/index.js';
import { type EventContract, type FieldError, validator } from '../events/index.js';
import type { AwaitedBy } from './micro-batch.js';

/** A step bound to its name and to what its declaration says of it. */
export interface BoundStep {
  readonly name: string;
  readonly step: AnyStep;
  readonly kind: StepDeclaration['kind'];
  /** The part of the outside world that it calls. */
  readonly effect: string | undefined;
  /** It undoes or prevents work: it is tried until it succeeds. */
  readonly compensation: boolean;
  readonly retry: Retry;
  /** What the step may emit after an event of a type (for commands and timers: ''), by outcome. */
  outcomes(type: string): ReadonlyMap<string, readonly EventContract[]>;
  /** Who waits for what the step makes of an event of this type. */
  awaitedBy(type: string): AwaitedBy;
  refusalKind(code: string): RefusalKind | undefined;
}

export interface BoundCommand {
  readonly bound: BoundStep;
  check(data: unknown): readonly FieldError[];
}

/** The steps of a service, as its messages find them. */
export interface BoundSteps {
  readonly all: readonly BoundStep[];
  readonly contracts: ReadonlyMap<string, EventContract>;
  readonly commands: ReadonlyMap<string, BoundCommand>;
  /** The steps that react to an event of this type. */
  listeners(type: string): readonly BoundStep[];
}

type Outcomes = ReadonlyMap<string, readonly EventContract[]>;
const NONE: Outcomes = new Map();
const NO_STEPS: readonly BoundStep[] = [];

/** What is possible after each event, worked out once: this is asked for every message. */
function outcomesByType(declared: StepDeclaration): Map<string, Outcomes> {
  const all = Object.entries(declared.outcomes);
  const after = reactsTo(declared);
  if (after.length === 0) return new Map([['', new Map(all.map(([name, each]) => [name, emittedIn(each)]))]]);
  return new Map(
    after.map((event) => {
      const possible = all.filter(([, each]) => isPossible(each, event));
      return [event.type, new Map(possible.map(([name, each]) => [name, emittedIn(each)]))];
    }),
  );
}

/** No saga waits for what no service must consume. */
function awaitedBy(declared: StepDeclaration, outcomes: Outcomes): AwaitedBy {
  if (declared.kind === 'command' || declared.kind === 'timer') return 'client';
  return [...outcomes.values()].flat().some(({ final }) => !final) ? 'saga' : 'nobody';
}

function bindStep(name: string, declared: StepDeclaration, step: AnyStep, waits: readonly number[]): BoundStep {
  const outcomes = outcomesByType(declared);
  const awaited = new Map([...outcomes].map(([type, possible]) => [type, awaitedBy(declared, possible)]));
  const refusals = declared.kind === 'command' ? (declared.refusals ?? {}) : {};
  return {
    name,
    step,
    kind: declared.kind,
    effect: declared.effect,
    compensation: isCompensation(declared),
    retry: retryOf(declared, waits),
    outcomes: (type) => outcomes.get(type) ?? NONE,
    awaitedBy: (type) => awaited.get(type) ?? 'nobody',
    refusalKind: (code) => refusals[code]?.kind,
  };
}

/**
 * @param waits of the service before further attempts, in milliseconds, shortest first
 * @throws TypeError when a declared step is not written
 */
export function bindSteps({ choreography, steps }: Implementation, waits: readonly number[] = DEFAULT_RETRY_DELAYS): BoundSteps {
  const contracts = new Map<string, EventContract>();
  const listeners = new Map<string, BoundStep[]>();
  const commands = new Map<string, BoundCommand>();
  const all = Object.entries(choreography.steps).map(([name, declared]) => {
    const written = steps[name];
    if (written === undefined) throw new TypeError(`${choreography.service}: step "${name}" is declared but not written`);
    const bound = bindStep(name, declared, written, waits);
    if (declared.kind === 'command') commands.set(name, { bound, check: validator(declared.command.schema) });
    for (const contract of reactsTo(declared)) {
      contracts.set(contract.type, contract);
      listeners.set(contract.type, [...(listeners.get(contract.type) ?? []), bound]);
    }
    return bound;
  });
  return { all, contracts, commands, listeners: (type) => listeners.get(type) ?? NO_STEPS };
}
