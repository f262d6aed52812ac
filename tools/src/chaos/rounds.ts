import { setTimeout as sleep } from 'node:timers/promises';
import { Interrupted } from '../problem.js';
import type { Progress } from '../progress.js';
import type { Fault } from './fault.js';
import type { Order } from './load.js';
import { parkedIn, waitingIn } from './queues.js';
import type { FaultRow, RoundRow } from './record.js';
import { drainedSeconds, type Met, type Strike, strike } from './runner.js';
import type { Planned } from './schedule.js';
import { type Positions, type Verdict, verdictOn } from './verdict.js';

export interface RoundOptions extends Strike {
  readonly part: number;
  readonly round: number;
  readonly kindOf: (name: string) => Fault;
  /** When no more faults begin, by `performance.now()`. */
  readonly until: number;
  /** Orders that are placed in this round at least. */
  readonly orders: number;
  readonly positions: Positions;
  readonly progress: Progress;
}

export interface RoundResult {
  readonly faults: readonly FaultRow[];
  readonly round: RoundRow;
}

/** Orders may wait for their seventh attempt, which comes after some nine minutes; none of these faults lasts so long. */
const SETTLE_LIMIT_MS = 300_000;
const LOOK_EVERY_MS = 100;
const WARM_UP_MS = 1_500;
const LONG_MS = 15_000;

/** Strikes with some faults while orders are placed, then lets everything end and checks it. */
export async function runRound(options: RoundOptions, planned: readonly Planned[]): Promise<RoundResult> {
  const { world, load, progress, signal } = options;
  const before = load.orders.size;
  const refusals = load.refusals;
  load.resume();
  await sleep(WARM_UP_MS);
  const met: Met[] = [];
  for (const each of planned) {
    if (signal.aborted) throw new Interrupted();
    if (performance.now() > options.until) break;
    const last = await struck(options, each);
    met.push(last);
    // In a system that does not work another fault shows nothing.
    if (last.recoverySeconds === null) break;
  }
  while (load.orders.size - before < options.orders && !signal.aborted) await sleep(LOOK_EVERY_MS);
  load.pause();
  const orders = () => [...load.orders.values()].slice(before);
  const stoppedAt = performance.now();
  const waits = await progress.step('every order has ended', (note) => settled(options, note));
  const settledSeconds = (performance.now() - stoppedAt) / 1_000;
  const verdict = await progress.step('invariants', () =>
    verdictOn(world.databases.ask, world.fleet.names, orders(), options.positions),
  );
  return {
    faults: met.map((each) => rowOf(each, options, verdict)),
    round: { ...(await roundOf(options, orders(), verdict, load.refusals - refusals, settledSeconds)), waits },
  };
}

function struck(options: RoundOptions, planned: Planned): Promise<Met> {
  const { kindOf, progress } = options;
  const { number, kind, target } = planned;
  const label = `${number}  ${kind}${target === 'all' ? '' : ` (${target})`}`;
  return progress.step(label, async (note) => {
    const met = await strike(options, kindOf(kind), planned);
    const flow = met.recoverySeconds === null ? 'NO RECOVERY' : `${met.recoverySeconds.toFixed(1)} s`;
    note(
      `${label}: ${met.inFlight} in flight, flow ${flow}${met.failure === null ? '' : `, ${met.failure}`}${met.evidence === null ? ', DID NOT BITE' : ''}`,
    );
    return met;
  });
}

/** @returns what stood in the queues when it took long, for whoever wants to know why */
async function settled({ load, world, signal }: RoundOptions, note: (text: string) => void): Promise<string[]> {
  const begun = performance.now();
  const waits: string[] = [];
  for (let next = begun + LONG_MS; load.pending + load.open.size > 0 && performance.now() < begun + SETTLE_LIMIT_MS; ) {
    if (signal.aborted) throw new Interrupted();
    load.check();
    if (performance.now() > next) {
      waits.push(`${load.open.size} open: ${await waitingIn(world)}`);
      next += LONG_MS;
    }
    await sleep(LOOK_EVERY_MS);
  }
  if (load.open.size > 0) note(`${load.open.size} orders have not ended`);
  return waits;
}

function rowOf(met: Met, { part, round }: RoundOptions, { lost, doubled, stuck }: Verdict): FaultRow {
  const ids = new Set(met.orders.map(({ id }) => id));
  const ofThese = (all: readonly string[]) => all.filter((id) => ids.has(id));
  const { number, kind, target, lastsMs, inFlight, lastedSeconds, recoverySeconds, evidence, failure } = met;
  return {
    ...{ number, kind, target, lastsMs, part, round, inFlight, lastedSeconds, recoverySeconds },
    drainedSeconds: drainedSeconds(met),
    evidence,
    failure,
    lost: ofThese(lost),
    doubled: ofThese(doubled),
    stuck: ofThese(stuck),
  };
}

async function roundOf(
  { world, part, round }: RoundOptions,
  orders: readonly Order[],
  { lost, doubled, stuck, givenUp, violations, events }: Verdict,
  refusals: number,
  settledSeconds: number,
): Promise<Omit<RoundRow, 'waits'>> {
  const ended = (status: string) => orders.filter((order) => order.status === status).length;
  const parked = await parkedIn(world);
  return {
    ...{ part, round, orders: orders.length, completed: ended('COMPLETED'), cancelled: ended('CANCELLED'), givenUp, refusals },
    events,
    settledSeconds,
    parked,
    lost: lost.length,
    doubled: doubled.length,
    stuck: stuck.length,
    violations,
  };
}
