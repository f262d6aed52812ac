import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Problem } from '../problem.js';
import type { Planned } from './schedule.js';

/** What a run is drawn from; a run is resumed with the same. */
export interface Settings {
  readonly seed: number;
  readonly faults: number;
  readonly kinds: readonly string[];
  /** At least. */
  readonly orders: number;
  /** Per second. */
  readonly rate: number;
  readonly replicas: number;
  /** Nodes of the broker. */
  readonly nodes: number;
  readonly against: string | undefined;
}

export interface FaultRow extends Planned {
  readonly part: number;
  readonly round: number;
  /** Orders that were open at any time while it lasted. */
  readonly inFlight: number;
  /** Seconds from its beginning to its end. */
  readonly lastedSeconds: number;
  /** From its end until orders ended at a normal rate again; null when they did not. */
  readonly recoverySeconds: number | null;
  /** From its end until all orders that were open then had ended; null when some had not. */
  readonly drainedSeconds: number | null;
  /** What shows that it happened; null when nothing did. */
  readonly evidence: string | null;
  /** Why it could not be brought about, or not be ended; null when it could. */
  readonly failure: string | null;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly stuck: readonly string[];
}

/** Faults, then quiet, then every invariant. */
export interface RoundRow {
  readonly part: number;
  readonly round: number;
  readonly orders: number;
  readonly completed: number;
  readonly cancelled: number;
  readonly givenUp: readonly string[];
  /** Requests that were not answered, or not with 202, and were made again. */
  readonly refusals: number;
  readonly events: number;
  /** From the last order until all had ended. */
  readonly settledSeconds: number;
  /** What stood in queues and outboxes every 15 s until then. */
  readonly waits: readonly string[];
  /** In dead-letter queues at the end of the round, those of earlier rounds of the part included: each message, and why. */
  readonly parked: readonly string[];
  readonly lost: number;
  readonly doubled: number;
  readonly stuck: number;
  readonly violations: readonly string[];
}

/** One start of the command. */
export interface PartRow {
  readonly part: number;
  readonly date: string;
  readonly commit: string;
  readonly node: string;
  readonly servers: string;
  readonly machine: string;
}

export interface Run {
  readonly settings: Settings;
  readonly parts: PartRow[];
  readonly faults: FaultRow[];
  readonly rounds: RoundRow[];
}

/** @throws Problem when there is none in that file */
export function readAnyRun(file: string): Run {
  if (!existsSync(file)) throw new Problem(`There is no run in ${file}: it does not exist.`);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** @throws Problem when the file holds another run */
export function readRun(file: string, settings: Settings): Run {
  const run = readAnyRun(file);
  for (const [name, value] of Object.entries(settings)) {
    const before: unknown = Object.entries(run.settings).find(([each]) => each === name)?.[1];
    if (JSON.stringify(before) !== JSON.stringify(value))
      throw new Problem(
        `${file} is of a run with other settings: ${name} was ${JSON.stringify(before)}, not ${JSON.stringify(value)}.`,
      );
  }
  return run;
}

/** A run of the same name that was there before is kept beside it. */
export function newRun(file: string, settings: Settings): Run {
  if (existsSync(file)) renameSync(file, `${file}.before`);
  return { settings, parts: [], faults: [], rounds: [] };
}

/** Whole or not at all: a run that is killed while it writes keeps what it had. */
export function writeRun(file: string, run: Run): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.unfinished`, `${JSON.stringify(run, undefined, 1)}\n`);
  renameSync(`${file}.unfinished`, file);
}

/** Several runs as one, for a table of all; parts and rounds are counted on. */
export function merged(runs: readonly Run[]): Pick<Run, 'parts' | 'faults' | 'rounds'> {
  const all: Pick<Run, 'parts' | 'faults' | 'rounds'> = { parts: [], faults: [], rounds: [] };
  for (const { parts, faults, rounds } of runs) {
    const [part, round] = [all.parts.length, all.rounds.length];
    const moved = <Row extends { readonly part: number; readonly round: number }>(row: Row): Row => ({
      ...row,
      part: row.part + part,
      round: row.round + round,
    });
    all.parts.push(...parts.map((each) => ({ ...each, part: each.part + part })));
    all.faults.push(...faults.map(moved));
    all.rounds.push(...rounds.map(moved));
  }
  return all;
}
