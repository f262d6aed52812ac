import { Mismatch, Permanent } from '../choreography/index.js';
import { EffectAway, reasonOf, Unavailable, WrongOutcome } from './errors.js';

/** What kind of failure it was: whether another attempt may help, and for what cannot be read, why not. */
export const errorClasses = [
  /** Another attempt may succeed. */
  'transient',
  /** What is needed is away; nothing is wrong with the message. */
  'unavailable',
  /** A step threw `Permanent`, or broke its declaration. */
  'permanent',
  /** The outside world and the row contradict each other. */
  'mismatch',
  /** No JSON, or no array of events. */
  'unparsable',
  'oversized',
  'unknown-type',
  'unknown-version',
  'wrong-schema',
  'forged',
  /** Dead-lettered by the broker: delivered too often without being settled, as by a consumer that crashes on it. */
  'delivery-limit',
  /** Dead-lettered by the broker: the queue of its service was gone when it came back from its wait. */
  'queue-gone',
] as const;
export type ErrorClass = (typeof errorClasses)[number];

/** Why a message is put aside. */
export interface Failure {
  /** The steps that failed, joined by "+"; none when no step got it. */
  readonly step?: string | undefined;
  /** What the step ended in, when that broke its declaration. */
  readonly outcome?: string | undefined;
  readonly errorClass: ErrorClass;
  readonly reason: string;
  /** The first line of our own code in the stack: `payment-service/src/steps/charge-payment.ts:31`. */
  readonly frame?: string | undefined;
  /** Functions and places only: neither the error's text nor a path of the machine. */
  readonly stack?: string | undefined;
}

/** What went wrong in a step. */
export interface StepError {
  readonly step: string;
  readonly error: unknown;
}

export function errorClassOf(error: unknown): ErrorClass {
  if (error instanceof Permanent) return 'permanent';
  if (error instanceof Mismatch) return 'mismatch';
  return error instanceof Unavailable || error instanceof EffectAway ? 'unavailable' : 'transient';
}

const GRAVEST_FIRST: readonly ErrorClass[] = ['permanent', 'mismatch', 'transient', 'unavailable'];

/** One failure for all steps of an event that failed: class and place are the gravest one's. */
export function failureOf(errors: readonly StepError[]): Failure {
  const rank = ({ error }: StepError) => GRAVEST_FIRST.indexOf(errorClassOf(error));
  const gravest = [...errors].sort((a, b) => rank(a) - rank(b))[0]?.error;
  const outcome = errors.map(({ error }) => error).find((error) => error instanceof WrongOutcome)?.outcome;
  return {
    step: errors.map(({ step }) => step).join('+'),
    outcome,
    errorClass: errorClassOf(gravest),
    reason: errors.map(({ error }) => reasonOf(error)).join('; '),
    ...placeOf(gravest),
  };
}

const FRAME = /^\s*at (?:(?:async )?(.{1,200}?) \()?(?:async )?([^()\s]{1,500}):(\d{1,9}):\d{1,9}\)?$/;
const LIBRARY = /^.*\/node_modules\//;
/** `<workspace>/src/...`, whatever stands before it. */
const OURS = /^.*\/([\w.-]+\/(?:src|dist|test)\/.+)$/;
const FRAMES_KEPT = 8;

interface Frame {
  readonly ours: boolean;
  readonly place: string;
  readonly text: string;
}

function frameIn(line: string): Frame[] {
  const [, name = '', path = '', number] = FRAME.exec(line) ?? [];
  if (number === undefined || path.startsWith('node:')) return [];
  const ours = !LIBRARY.test(path);
  const short = ours ? (OURS.exec(path)?.[1] ?? path.replace(/^.*\//, '')) : path.replace(LIBRARY, 'node_modules/');
  const place = `${short}:${number}`;
  return [{ ours, place, text: name === '' ? place : `${name} (${place})` }];
}

/** Where an error came from, without what it says. */
export function placeOf(error: unknown): Pick<Failure, 'frame' | 'stack'> {
  if (!(error instanceof Error) || error.stack === undefined) return {};
  const frames = error.stack.split('\n').flatMap(frameIn);
  const first = frames.find(({ ours }) => ours);
  const kept = frames.filter((frame, index) => index < FRAMES_KEPT || frame === first);
  return { frame: first?.place, stack: kept.length === 0 ? undefined : kept.map(({ text }) => text).join('\n') };
}
