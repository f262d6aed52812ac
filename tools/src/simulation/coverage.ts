import { emitsOf, reactsTo, type StepDeclaration } from '@quickstep/shared/choreography';
import type { CloudEvent } from '@quickstep/shared/events';
import { choreographies } from '@quickstep/system';
import { type CrashMoment, cellName, crashMomentNames, type Fault, faultNames } from './faults.js';

/** A fault, or the moment at which a crash found its process. */
type Row = Fault | CrashMoment;

const declared: ReadonlyMap<string, StepDeclaration> = new Map(choreographies.flatMap(({ steps }) => Object.entries(steps)));

/** Every step of the system. */
export const stepNames: readonly string[] = [...declared.keys()];

const listeners = new Map<string, readonly string[]>();

/** The steps of a service that react to events of a type. */
function listening(service: string, type: string): readonly string[] {
  const known = listeners.get(`${service} ${type}`);
  if (known !== undefined) return known;
  const steps = Object.entries(choreographies.find((each) => each.service === service)?.steps ?? {});
  const found = steps.flatMap(([name, step]) => (reactsTo(step).some((contract) => contract.type === type) ? [name] : []));
  listeners.set(`${service} ${type}`, found);
  return found;
}

/** The steps that a message is for. */
export function stepsFor(service: string, { events }: { readonly events: readonly CloudEvent[] }): string[] {
  return [...new Set(events.flatMap(({ type }) => listening(service, type)))];
}

/** The steps that emitted the events of a message. */
export function stepsOf({ events }: { readonly events: readonly CloudEvent[] }): string[] {
  return [...new Set(events.map(({ idempotencykey }) => idempotencykey.split(':')[1] ?? ''))];
}

type Can = (step: StepDeclaration) => boolean;
const consumes: Can = (step) => reactsTo(step).length > 0;
const emits: Can = (step) => emitsOf(step).length > 0;
const calls: Can = (step) => step.effect !== undefined;

/** Which steps a fault can strike at all; those that are not named here can strike any. */
const limits: Partial<Record<Row, Can>> = {
  'connection lost': consumes,
  'ack lost': consumes,
  'message duplicated': consumes,
  'message reordered': consumes,
  'message delayed': consumes,
  'copy for retry or dead letter lost': consumes,
  'copy made, confirm lost': consumes,
  'crash before ack': consumes,
  // Nothing reaches a consumer while its queue is missing.
  'queues missing': (step) => emits(step) && !consumes(step),
  'publish refused': emits,
  'confirm lost': emits,
  'crash during publish': emits,
  'crash after publish, before confirm': emits,
  'effect failed': calls,
  'effect timed out, not done': calls,
  'effect timed out, done': calls,
  'effect timed out, done later': calls,
  'crash during an effect': calls,
  'crash, nothing asked for': () => false,
};

const rows: readonly Row[] = [...faultNames, ...crashMomentNames];

function can(row: Row, step: string): boolean {
  const declaration = declared.get(step);
  return declaration !== undefined && (limits[row]?.(declaration) ?? true);
}

/** Cells that could have been hit and were not. */
export function neverHit(cells: ReadonlyMap<string, number>): string[] {
  return rows.flatMap((row) =>
    stepNames.flatMap((step) => (can(row, step) && !cells.has(cellName(row, step)) ? [cellName(row, step)] : [])),
  );
}

/** How often each fault struck while, or right before, each step had its turn. A dot: it cannot. */
export function coverageTable(cells: ReadonlyMap<string, number>): string {
  const width = Math.max(...rows.map((row) => row.length));
  const head = `  ${''.padEnd(width)} ${stepNames.map((_, index) => `${index + 1}`.padStart(6)).join(' ')}`;
  const lines = rows
    .filter((row) => stepNames.some((step) => can(row, step)))
    .map((row) => {
      const counts = stepNames.map((step) => (can(row, step) ? short(cells.get(cellName(row, step)) ?? 0) : '·'));
      return `  ${row.padEnd(width)} ${counts.map((count) => count.padStart(6)).join(' ')}`;
    });
  const legend = stepNames.map((step, index) => `${index + 1} ${step}`).join(', ');
  return ['Faults by step', head, ...lines, `  ${legend}`].join('\n');
}

const short = (count: number) => (count < 10_000 ? `${count}` : `${Math.round(count / 1_000)}k`);
