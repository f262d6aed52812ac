import { setTimeout as pause } from 'node:timers/promises';
import type { Message } from '@quickstep/shared/messaging';
import { reasonOf } from '@quickstep/shared/pipeline';
import { cutByBytes } from '../db/dead-letter-bytes.js';
import type { DeadLetterIndex, MessageFacts } from '../db/dead-letter-index.js';
import { type Item, type PlanItems, redriveOf } from '../db/dead-letter-items.js';
import type { PlanRow } from '../db/dead-letter-plans.js';
import type { Outcomes } from './outcomes.js';
import { redelivery } from './redelivery.js';
import type { Hold } from './sweep.js';
import { bodyGone } from './verdict.js';
import { nextWave } from './waves.js';

export interface RunOptions {
  readonly plan: PlanRow;
  readonly index: DeadLetterIndex;
  readonly items: PlanItems;
  readonly outcomes: Outcomes;
  publish(message: Message): Promise<void>;
  /** Whether the service stops: what is left goes on at the next start. */
  /** Aborts when the service stops. */
  readonly stopping: AbortSignal;
}

export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'stopped'; readonly because: string }
  /** It goes on with its messages taken anew. */
  | { readonly kind: 'released' }
  | { readonly kind: 'interrupted' };

const PAGE = 100;
const LOOK_EVERY_MS = 250;
/** Sent and not decided, at most: more are not sent before it is known what became of some, and no more are asked about at once. */
export const IN_FLIGHT = 300;
const DONE: Ending = { kind: 'done' };
const RELEASED: Ending = { kind: 'released' };
const INTERRUPTED: Ending = { kind: 'interrupted' };
const stopped = (because: string): Ending => ({ kind: 'stopped', because });

/** Why a plan ends when somebody has asked for that. */
export const stopAsked = (who: string) => `${who} stopped it`;

/** Looks for what is not in its queue: a channel that was closed gives back in the broker's own time, and the management UI shows for a moment. */
const SEARCHES = 5;

/** One go at carrying out a plan, with its messages in hand for one time after the other. */
export class Run {
  readonly #options: RunOptions;
  #open: readonly Item[] = [];
  #returned = 0;
  #sent = 0;
  /** How many may be open. What an earlier run left open takes no room: it may never be decided. */
  #mostOpen: number | undefined;
  /** What was sent last must be known before anything else is sent. */
  #canary = false;
  /** Of what waits, everything up to this position has been seen to while the messages are in hand. */
  #seenTo = -1;
  /** The positions of those that neither their queue nor the index could give. */
  readonly #away = new Set<number>();
  #searches = 0;
  /** Since when nothing more is known of any that is open. */
  #quietSince: number | undefined;

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** Goes on where the time before ended. */
  async carryOut(hold: Hold): Promise<Ending> {
    this.#seenTo = -1;
    this.#away.clear();
    return this.#options.plan.action === 'discard' ? this.#discardAll(hold) : this.#redriveAll(hold);
  }

  async #redriveAll(hold: Hold): Promise<Ending> {
    const { plan, items } = this.#options;
    const room = await this.#openAtMost();
    for (;;) {
      const tried = this.#canary ? await this.#await(hold, { most: 0 }) : undefined;
      if (tried !== undefined) return tried;
      const began = performance.now();
      const wave = nextWave(this.#sent, plan.rate);
      const waiting = await items.itemsInStates(plan.id, ['waiting'], wave.size, this.#seenTo);
      if (waiting.length === 0) break;
      const full = await this.#await(hold, { most: room - wave.size });
      if (full !== undefined) return full;
      const next = await this.#takable(hold, waiting);
      const failure = (await this.#interruption(hold)) ?? (await this.#send(hold, next));
      if (failure !== undefined) return failure;
      this.#canary = wave.canary;
      await this.#rest(hold, (next.length / plan.rate) * 1_000 - (performance.now() - began));
    }
    return (await this.#await(hold, { most: 0, last: true })) ?? this.#end();
  }

  /** At a rate of one a second this may be ten: neither a stop nor a broker that is gone waits for it. */
  async #rest({ lost }: Hold, milliseconds: number): Promise<void> {
    const signal = AbortSignal.any([lost, this.#options.stopping]);
    await pause(Math.max(0, milliseconds), undefined, { signal }).catch(() => undefined);
  }

  /** What somebody else holds is left waiting, to them and to whoever goes on with the plan. */
  #end(): Ending {
    if (this.#away.size === 0) return DONE;
    if (++this.#searches < SEARCHES) return RELEASED;
    return stopped(`${this.#away.size} held by somebody else: go on when they are back in their queue`);
  }

  async #openAtMost(): Promise<number> {
    if (this.#mostOpen !== undefined) return this.#mostOpen;
    this.#open = await this.#options.items.itemsInStates(this.#options.plan.id, ['sent'], 1_000_000);
    this.#mostOpen = IN_FLIGHT + this.#open.length;
    return this.#mostOpen;
  }

  /** Those that can be taken, as many as are held in memory at once. */
  async #takable(hold: Hold, items: readonly Item[]): Promise<readonly Item[]> {
    const { plan, index, items: record } = this.#options;
    const facts = await index.facts(items.map(({ deadLetterId }) => deadLetterId));
    const there: Item[] = [];
    const left = new Map<string, number[]>();
    for (const item of items) {
      const stored = facts.get(item.deadLetterId);
      const why = this.#needless(stored);
      if (why !== undefined) left.set(why, [...(left.get(why) ?? []), item.position]);
      else if (isThere(hold, item, stored)) there.push(item);
      else this.#away.add(item.position);
    }
    for (const [why, positions] of left) await record.skip(plan.id, positions, why);
    const [next = []] = cutByBytes(there, ({ deadLetterId }) => facts.get(deadLetterId)?.bytes ?? 0);
    this.#seenTo = (next.length < there.length ? next : items).at(-1)?.position ?? this.#seenTo;
    return next;
  }

  /** Nothing empty is sent, and nothing that has been dealt with. */
  #needless(stored: MessageFacts | undefined): string | undefined {
    if (stored === undefined) return 'it is no longer in the index';
    if (stored.state === 'redriven' || stored.state === 'discarded') return `it has been ${stored.state} already`;
    const { bodyGoneSince: since } = stored;
    return since !== null && this.#options.plan.action !== 'discard' ? bodyGone(since) : undefined;
  }

  async #send({ queues, lost }: Hold, items: readonly Item[]): Promise<Ending | undefined> {
    if (items.length === 0) return undefined;
    const { plan, index, items: record, publish } = this.#options;
    await record.sending(
      plan.id,
      items.map(({ position }) => position),
    );
    const bodies = await index.bodies(items.map(({ deadLetterId }) => deadLetterId));
    const sent = await Promise.allSettled(
      items.map(async (item) => {
        const stored = bodies.get(item.deadLetterId);
        if (stored === undefined) throw new Error('it is no longer in the index');
        if (stored.bodyGoneSince !== null) throw new Error(bodyGone(stored.bodyGoneSince));
        // Whoever takes the queue next finds it there, and sends it.
        lost.throwIfAborted();
        await publish(redelivery(stored, redriveOf(plan, item)));
      }),
    );
    const confirmed = items.filter((_, index) => sent[index]?.status === 'fulfilled');
    await record.sent(
      plan.id,
      confirmed.map(({ position }) => position),
    );
    this.#acknowledge(queues, confirmed);
    this.#open = [...this.#open, ...confirmed];
    this.#sent += items.length;
    const refusal = sent.find((each) => each.status === 'rejected');
    return refusal && stopped(`the broker did not take all of it: ${reasonOf(refusal.reason)}`);
  }

  /** Only after it is written down that they have been dealt with: whoever finds one in the queue all the same acknowledges it. */
  #acknowledge(queues: Hold['queues'], items: readonly Item[]): void {
    for (const { service, deadLetterId } of items) {
      const held = queues.get(service);
      for (const message of held?.messages.get(deadLetterId) ?? []) held?.channel.ack(message);
    }
  }

  async #look(): Promise<Ending | undefined> {
    const { plan, outcomes } = this.#options;
    const { returned, open } = await outcomes.decide(plan.id, this.#open);
    this.#returned += returned;
    this.#open = open;
    if (this.#returned <= plan.tolerate) return undefined;
    return stopped(`${this.#returned} came back: the cause remains`);
  }

  /**
   * Waits until at most so many are open. When nothing more is known of any for as long as the plan says, it stops; at the end it
   * leaves those to the service, which goes on asking.
   */
  async #await(
    hold: Hold,
    { most, last = false }: { readonly most: number; readonly last?: boolean },
  ): Promise<Ending | undefined> {
    const { plan } = this.#options;
    this.#quietSince ??= performance.now();
    for (;;) {
      const before = this.#open.length;
      const ended = (await this.#look()) ?? (await this.#interruption(hold));
      if (ended !== undefined) return ended;
      if (this.#open.length <= most) {
        this.#quietSince = undefined;
        return undefined;
      }
      if (this.#open.length < before) this.#quietSince = performance.now();
      if (performance.now() - this.#quietSince > plan.patience * 1_000) break;
      await pause(LOOK_EVERY_MS);
    }
    const waiting = `of ${this.#open.length} it is not known after ${plan.patience} s what became of them`;
    return last ? undefined : stopped(`${waiting}: they are tried again, or their service does not run`);
  }

  async #interruption({ lost, over }: Hold): Promise<Ending | undefined> {
    const { plan, items, stopping } = this.#options;
    if (stopping.aborted || lost.aborted) return INTERRUPTED;
    const who = await items.stopAsked(plan.id);
    if (who !== undefined) return stopped(stopAsked(who));
    return over.aborted ? RELEASED : undefined;
  }

  async #discardAll(hold: Hold): Promise<Ending> {
    const { plan, items } = this.#options;
    for (;;) {
      const waiting = await items.itemsInStates(plan.id, ['waiting'], PAGE, this.#seenTo);
      if (waiting.length === 0) return this.#end();
      const next = await this.#takable(hold, waiting);
      const ended = await this.#interruption(hold);
      if (ended !== undefined) return ended;
      await items.discarded(
        plan.id,
        next.map(({ position }) => position),
      );
      this.#acknowledge(hold.queues, next);
    }
  }
}

/** What is gone from its queue is taken from the index. */
const isThere = ({ queues }: Hold, { service, deadLetterId }: Item, stored: MessageFacts | undefined): boolean =>
  stored?.state === 'gone' || (queues.get(service)?.messages.has(deadLetterId) ?? false);
