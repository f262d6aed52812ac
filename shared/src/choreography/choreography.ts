import type { CommandContract, EventContract } from '../events/index.js';

/** A step that reacts to events. */
export interface EventStepDeclaration {
  readonly on: readonly EventContract[];
  readonly emits: readonly EventContract[];
  /** The step of the same service whose work this one undoes. */
  readonly compensates?: string;
}

/** A step that answers a client's command. */
export interface CommandStepDeclaration {
  readonly command: CommandContract;
  readonly emits: readonly EventContract[];
}

/** A step that acts when a moment written in a row has come. */
export interface TimerStepDeclaration {
  /** What the timer is, for people: "the order's deadline". */
  readonly timer: string;
  readonly emits: readonly EventContract[];
}

export type StepDeclaration = EventStepDeclaration | CommandStepDeclaration | TimerStepDeclaration;
export type StepDeclarations = Readonly<Record<string, StepDeclaration>>;

/** A service's whole part in the dance, as data. Topology, checks, documents, simulation and the pipeline are derived from it. */
export interface Choreography<Steps extends StepDeclarations = StepDeclarations> {
  readonly service: string;
  readonly steps: Steps;
}

/**
 * Declares a service's part.
 *
 * @throws TypeError when a step claims to undo a step that the service does not have.
 */
export function choreography<const Steps extends StepDeclarations>(service: string, steps: Steps): Choreography<Steps> {
  for (const [name, step] of Object.entries<StepDeclaration>(steps)) {
    if ('on' in step && step.compensates !== undefined && !(step.compensates in steps)) {
      throw new TypeError(
        `${service}: step "${name}" says that it compensates "${step.compensates}", which is no step of this service`,
      );
    }
  }
  return { service, steps };
}

/** Whether any service consumes what the step emits. If none does, no saga waits for the step. */
export function leadsOn(step: StepDeclaration): boolean {
  return step.emits.some(({ final }) => !final);
}

/** The contracts of every event that the service consumes, each once. */
export function consumedBy(declared: Choreography): EventContract[] {
  const contracts = Object.values(declared.steps).flatMap((step) => ('on' in step ? step.on : []));
  return [...new Set(contracts)];
}

/** The contracts of every event that the service emits, each once. */
export function emittedBy(declared: Choreography): EventContract[] {
  return [...new Set(Object.values(declared.steps).flatMap((step) => step.emits))];
}
