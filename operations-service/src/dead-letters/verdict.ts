import { BATCHED } from '@quickstep/shared/messaging';
import { type Decoded, decode, reasonOf } from '@quickstep/shared/pipeline';
import type { Handled, Inboxes } from './inboxes.js';
import { listenersOf } from './listeners.js';

/** What would happen to a message that is sent again. */
export const verdicts = [
  'would-be-processed',
  /** By every step that listens: sending it again changes nothing, and takes it out of the queue. */
  'already-processed',
  /** The saga has ended: the step sees that and does nothing. */
  'order-ended',
  /** The saga has ended, but the step calls the outside world before it sees that: a card would be charged, and the money given back. */
  'would-be-undone',
  /** It would be parked again. */
  'refused',
  /** It has been dealt with for so long that its body was deleted: there is nothing to send. */
  'body-gone',
  /** Its service may have forgotten whether it has handled it. */
  'older-than-inbox',
  /** What it failed on is still away. */
  'cause-remains',
  /** Its service cannot be asked. */
  'unknown',
] as const;
export type Verdict = (typeof verdicts)[number];

export interface Judged {
  readonly verdict: Verdict;
  readonly detail: string | undefined;
}

/** As much of a letter as is judged. */
export interface Judgeable {
  readonly id: string;
  readonly service: string;
  readonly step: string | null;
  readonly subject: string | null;
  readonly content: Buffer;
  readonly contentType: string | null;
  readonly exchange: string;
  readonly routingKey: string;
  readonly userId: string | null;
  /** When its service had to do with it for the first time: some of its steps may have handled it then. */
  readonly firstFailedAt: Date;
  /** Its body was deleted then. */
  readonly bodyGoneSince: Date | null;
}

/** What is told of a message whose body was deleted. */
export const bodyGone = (since: Date): string =>
  `its body is gone since ${since.toISOString().slice(0, 10)}: there is nothing to send`;

export interface JudgeOptions {
  readonly inboxes: Pick<Inboxes, 'handled' | 'retentionDays'>;
  /** Of these orders, those whose saga has ended. */
  ended(orders: readonly string[]): Promise<ReadonlySet<string>>;
  /** What keeps a step of a service from its work right now, if it is known. */
  cause(service: string, steps: readonly string[]): Promise<string | undefined>;
  /** How long services remember what they have handled, but for those that say that it is shorter. */
  readonly inboxDays: number;
}

const DAY_MS = 86_400_000;

type Remembering = Pick<JudgeOptions, 'inboxDays'> & { readonly inboxes: Pick<Inboxes, 'retentionDays'> };

/** For how many days what a service has handled is known. */
function rememberedDays({ inboxes, inboxDays }: Remembering, service: string): number {
  return Math.min(inboxDays, inboxes.retentionDays(service) ?? inboxDays);
}

/** Of what is older the service may have forgotten that it has handled it. */
export function rememberedSince(remembering: Remembering, service: string, now: Date): Date {
  return new Date(now.getTime() - rememberedDays(remembering, service) * DAY_MS);
}

/** The event ids in a message that can be read, with the steps that must handle each. */
export function awaitedOf(service: string, decoded: readonly Decoded[]): ReadonlyMap<string, readonly string[]> {
  const { steps } = listenersOf(service);
  const events = decoded.flatMap((each) => (each.ok && each.event !== undefined ? [each.event] : []));
  return new Map(events.map(({ id, type }) => [id.toLowerCase(), steps.get(type) ?? []]));
}

/** As much of a letter as its contract is checked against. */
export type Readable = Omit<Judgeable, 'id' | 'firstFailedAt' | 'step' | 'subject' | 'bodyGoneSince'>;

export function decodeLetter(letter: Readable): Decoded[] {
  const { service, content, contentType, exchange, routingKey, userId } = letter;
  const incoming = { body: content, batched: contentType === BATCHED, exchange, routingKey, userId: userId ?? undefined };
  return decode(incoming, listenersOf(service).contracts);
}

/** Whether every step that listens has handled every event of a message. */
export function isHandled(awaited: ReadonlyMap<string, readonly string[]>, handled: Handled): boolean {
  if (awaited.size === 0) return false;
  return [...awaited].every(([event, steps]) => steps.every((step) => handled.get(event)?.has(step)));
}

interface Read {
  readonly letter: Judgeable;
  readonly refusal: string | undefined;
  readonly awaited: ReadonlyMap<string, readonly string[]>;
}

function readLetter(letter: Judgeable): Read {
  const decoded = decodeLetter(letter);
  const refused = decoded.flatMap((each) => (each.ok ? [] : [each.error.message]));
  return { letter, refusal: refused.join('; ') || undefined, awaited: awaitedOf(letter.service, decoded) };
}

function groupedBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}

/** Says of each letter what would happen to it; by id. Never throws for a service that cannot be asked. */
export async function judge(letters: readonly Judgeable[], options: JudgeOptions): Promise<ReadonlyMap<string, Judged>> {
  const judged = new Map<string, Judged>();
  const orders = [...new Set(letters.flatMap(({ subject }) => (subject === null ? [] : [subject])))];
  const ended = await options.ended(orders).catch(() => new Set<string>());
  for (const [service, group] of groupedBy(letters.map(readLetter), ({ letter }) => letter.service)) {
    const events = [...new Set(group.flatMap(({ awaited }) => [...awaited.keys()]))];
    let handled: Handled | undefined;
    let unasked: string | undefined;
    try {
      handled = events.length === 0 ? new Map() : await options.inboxes.handled(service, events);
    } catch (error) {
      unasked = reasonOf(error);
    }
    const causes = new Map<string, string | undefined>();
    for (const step of new Set(group.map(({ letter }) => letter.step ?? ''))) {
      const steps = step === '' ? [] : step.split('+');
      causes.set(step, steps.length === 0 ? undefined : await options.cause(service, steps).catch(() => undefined));
    }
    for (const read of group) {
      const cause = causes.get(read.letter.step ?? '');
      judged.set(read.letter.id, judgeOne(read, { handled, unasked, ended, cause, inboxDays: rememberedDays(options, service) }));
    }
  }
  return judged;
}

interface Known {
  readonly handled: Handled | undefined;
  readonly unasked: string | undefined;
  readonly ended: ReadonlySet<string>;
  readonly cause: string | undefined;
  readonly inboxDays: number;
}

/** An effect that nothing undoes, such as a message to the customer, is what the end of a saga asks for. */
function endedVerdict(service: string, awaited: ReadonlyMap<string, readonly string[]>, handled: Handled): Judged {
  const { undoable } = listenersOf(service);
  const left = [...awaited].flatMap(([event, steps]) => steps.filter((step) => !handled.get(event)?.has(step)));
  const calling = [...new Set(left.filter((step) => undoable.has(step)))];
  if (calling.length === 0) return { verdict: 'order-ended', detail: undefined };
  return { verdict: 'would-be-undone', detail: `${calling.join(', ')} would call out first, and have it undone` };
}

function judgeOne({ letter, refusal, awaited }: Read, { handled, unasked, ended, cause, inboxDays }: Known): Judged {
  if (letter.bodyGoneSince !== null) return { verdict: 'body-gone', detail: bodyGone(letter.bodyGoneSince) };
  if (refusal !== undefined) return { verdict: 'refused', detail: refusal };
  if (handled === undefined) return { verdict: 'unknown', detail: unasked };
  if (isHandled(awaited, handled)) return { verdict: 'already-processed', detail: undefined };
  const days = (Date.now() - letter.firstFailedAt.getTime()) / DAY_MS;
  if (inboxDays > 0 && days > inboxDays)
    return {
      verdict: 'older-than-inbox',
      detail: `failed for the first time ${Math.floor(days)} days ago; what is handled is remembered for ${inboxDays}`,
    };
  if (cause !== undefined) return { verdict: 'cause-remains', detail: cause };
  if (letter.subject !== null && ended.has(letter.subject)) return endedVerdict(letter.service, awaited, handled);
  return { verdict: 'would-be-processed', detail: undefined };
}
