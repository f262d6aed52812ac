import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ask } from '@quickstep/system/invariants';
import { Problem } from '../problem.js';
import { type Expected, nextOrder } from './orders.js';
import type { Random } from './random.js';

export interface Order {
  readonly id: string;
  readonly expected: Expected;
  /** When its client was told; milliseconds of this process, like all times here. */
  readonly placedAt: number;
  endedAt?: number;
  status?: string;
}

export interface LoadOptions {
  readonly random: Random;
  /** Orders per second. */
  readonly rate: number;
  /** Of the order service's processes, as they are now. */
  targets(): readonly string[];
  readonly ask: Ask;
}

const RETRY_MS = 250;
const ANSWER_MS = 5_000;
const LOOK_EVERY_MS = 200;
const ANSWERS_WORTH_ANOTHER_ATTEMPT: readonly number[] = [429, 500, 502, 503, 504];

/** Clients that place orders at a steady rate, each until it is taken, and watch them end. */
export class Load {
  readonly #options: LoadOptions;
  /** All orders whose client was told, and those of them that have not ended. */
  readonly orders = new Map<string, Order>();
  readonly open = new Set<Order>();
  /** When orders were seen to end, in order. */
  readonly endings: number[] = [];
  #pending = 0;
  #number = 0;
  #refusals = 0;
  #running = true;
  #placing = false;
  #failure: Error | undefined;
  readonly #loops: Promise<void>[];

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#loops = [this.#keepPlacing(), this.#keepLooking()];
  }

  /** Orders that clients still try to place. */
  get pending(): number {
    return this.#pending;
  }

  /** Attempts that were not answered with 202. */
  get refusals(): number {
    return this.#refusals;
  }

  resume(): void {
    this.#placing = true;
  }

  pause(): void {
    this.#placing = false;
  }

  /** @throws Problem when an order was refused for a reason that does not pass */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#loops);
  }

  async #keepPlacing(): Promise<void> {
    const every = 1_000 / this.#options.rate;
    for (let due = performance.now(); this.#running; due += every) {
      await sleep(Math.max(0, due - performance.now()));
      if (this.#placing) void this.#place().catch((error: Error) => (this.#failure ??= error));
    }
  }

  async #place(): Promise<void> {
    const number = this.#number++;
    const { body, expected, cancelAfter } = nextOrder(this.#options.random, number);
    const key = randomUUID();
    this.#pending++;
    try {
      const answer = await this.#insist('/orders', body, key);
      const id = answer?.id;
      if (id === undefined) return;
      const order: Order = { id, expected, placedAt: performance.now() };
      this.orders.set(id, order);
      this.open.add(order);
      if (cancelAfter !== undefined) void this.#cancel(id, cancelAfter);
    } finally {
      this.#pending--;
    }
  }

  /** Under the same key until there is an answer: whoever does not hear one does not know whether the order was placed. */
  async #insist(path: string, body: object, key: string): Promise<{ id: string } | undefined> {
    for (let attempt = 0; this.#running; attempt++) {
      const targets = this.#options.targets();
      const target = targets[attempt % targets.length];
      const response = await fetch(`${target}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_MS),
      }).catch(() => undefined);
      const text = await response?.text().catch(() => undefined);
      if (response?.status === 202 && text !== undefined) return JSON.parse(text);
      this.#refusals++;
      if (response !== undefined && text !== undefined && !ANSWERS_WORTH_ANOTHER_ATTEMPT.includes(response.status))
        throw new Problem(`An order was answered ${response.status}: ${text}`);
      await sleep(RETRY_MS);
    }
    return undefined;
  }

  /** Once: it may come too late, and it may get lost. */
  async #cancel(id: string, after: number): Promise<void> {
    await sleep(after);
    const [target] = this.#options.targets();
    await fetch(`${target}/orders/${id}/cancel`, { method: 'POST', signal: AbortSignal.timeout(ANSWER_MS) })
      .then((response) => response.text())
      .catch(() => undefined);
  }

  async #keepLooking(): Promise<void> {
    while (this.#running) {
      await sleep(LOOK_EVERY_MS);
      // The database may be away: a fault.
      await this.#look().catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    if (this.open.size === 0) return;
    const open = new Map([...this.open].map((order) => [order.id, order]));
    const ended = await this.#options.ask<{ id: string; status: string }>(
      'order-service',
      'select order_id as id, status from orders where order_id = any($1::uuid[]) and ended_as is not null',
      [[...open.keys()]],
    );
    const now = performance.now();
    for (const { id, status } of ended) {
      const order = open.get(id);
      if (order === undefined) continue;
      Object.assign(order, { endedAt: now, status });
      this.open.delete(order);
      this.endings.push(now);
    }
  }
}
