import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../problem.js';
import type { Fault, Struck } from './fault.js';
import { recovered } from './flow.js';
import type { Load, Order } from './load.js';
import { randomFrom } from './random.js';
import type { FaultRow } from './record.js';
import type { Planned } from './schedule.js';
import type { World } from './world.js';

const RECOVERY_LIMIT_MS = 120_000;
/** Longer than two heartbeats of the broker are missed. */
const EVIDENCE_LIMIT_MS = 40_000;
const EVIDENCE_EVERY_MS = 250;
const CALM_MS = 500;
const HEALING_ATTEMPTS = 5;
const HEALING_PAUSE_MS = 1_000;

/** A fault that was struck, until it is known which of the orders it met ended well. */
export interface Met extends Omit<FaultRow, 'part' | 'round' | 'drainedSeconds' | 'lost' | 'doubled' | 'stuck'> {
  /** Orders that were open while it lasted, and those of them that were open at its end. */
  readonly orders: readonly Order[];
  readonly left: readonly Order[];
  readonly healedAt: number;
}

export interface Strike {
  readonly world: World;
  readonly load: Load;
  /** Orders per second. */
  readonly rate: number;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Strikes with a fault, ends it, and waits until the orders flow again. */
export async function strike({ world, load, rate, seed, signal }: Strike, fault: Fault, planned: Planned): Promise<Met> {
  const own: World = { ...world, random: randomFrom(seed * 10_007 + planned.number) };
  const begunAt = performance.now();
  const openBefore = new Set(load.open);
  const before = load.orders.size;
  const { struckAt, bit, failure } = await attempt(fault, own, planned);
  const healedAt = performance.now();
  const left = [...load.open];
  const since = fault.survivable ? struckAt : healedAt;
  const recoverySeconds = await recovered(load.endings, since, rate, RECOVERY_LIMIT_MS, signal);
  load.check();
  const evidence = await evidenceOf(bit);
  const duringIt = [...load.orders.values()].slice(before).filter(({ placedAt }) => placedAt <= healedAt);
  await sleep(CALM_MS);
  return {
    ...planned,
    inFlight: openBefore.size + duringIt.length,
    lastedSeconds: (healedAt - begunAt) / 1_000,
    recoverySeconds: recoverySeconds ?? null,
    evidence: evidence ?? null,
    failure: failure ?? null,
    orders: [...openBefore, ...duringIt],
    left,
    healedAt,
  };
}

interface Attempt {
  readonly struckAt: number;
  readonly bit: Struck['bit'] | undefined;
  /** Why it could not be brought about, or not be ended. */
  readonly failure: string | undefined;
}

async function attempt(fault: Fault, world: World, { target, lastsMs }: Planned): Promise<Attempt> {
  let bit: Struck['bit'] | undefined;
  let struckAt = performance.now();
  try {
    const struck = await fault.strike(world, target);
    bit = struck.bit;
    struckAt = performance.now();
    await sleep(lastsMs);
    await healed(struck);
    return { struckAt, bit, failure: undefined };
  } catch (error) {
    return { struckAt, bit, failure: reasonOf(error) };
  }
}

/** What ends a fault may meet its aftermath: a broker that is still starting, for example. */
async function healed(struck: Struck): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await struck.heal();
      return;
    } catch (error) {
      if (attempt === HEALING_ATTEMPTS) throw error;
      await sleep(HEALING_PAUSE_MS);
    }
  }
}

async function evidenceOf(bit: Struck['bit'] | undefined): Promise<string | undefined> {
  if (bit === undefined) return undefined;
  for (const deadline = performance.now() + EVIDENCE_LIMIT_MS; performance.now() < deadline; await sleep(EVIDENCE_EVERY_MS)) {
    const evidence = await bit().catch(() => undefined);
    if (evidence !== undefined) return evidence;
  }
  return undefined;
}

/** From the end of the fault until the last of the orders that were open then had ended. */
export function drainedSeconds({ left, healedAt }: Met): number | null {
  const ends = left.map(({ endedAt }) => endedAt);
  if (ends.includes(undefined)) return null;
  return Math.max(0, ...ends.map((endedAt) => ((endedAt ?? healedAt) - healedAt) / 1_000));
}
