import type { Progress } from '../progress.js';
import { interruption } from '../run.js';
import { checkEndings, checkInvariants, type Invariant } from './invariants.js';
import type { Job } from './load/protocol.js';
import { type Round, type RunOptions, runRound, warmUp } from './measure.js';
import type { Options } from './options.js';
import { describeServers } from './server-versions.js';
import { type System, startSystem } from './system.js';
import type { Table } from './table.js';
import { baseline, type Variant } from './variants.js';

export interface Context {
  options: Options;
  progress: Progress;
  signal: AbortSignal;
  /** What the measured systems ran on; each adds its own. */
  servers: Set<string>;
}

export interface Outcome {
  tables: Table[];
  /** Without the extension. */
  plots: { name: string; svg: string }[];
  /** Everything that was measured, for `--json`. */
  data: unknown;
  invariantsHold: boolean;
}

export type Scenario = (context: Context) => Promise<Outcome>;

/** A warm system in which jobs are measured. */
export interface Measuring {
  system: System;
  run(label: string, job: Pick<Job, 'orders' | 'pace'>, onProgress?: RunOptions['onProgress']): Promise<Round>;
}

export interface Measured<T> {
  value: T;
  invariants: Invariant[];
}

export interface SystemChoice {
  variant?: Variant;
  replicas?: number;
  warmup?: number;
  /** Checkout of another commit, whose services run instead of these. Its tables may differ, so they are not checked. */
  tree?: string;
}

/** Starts a fresh system, lets the scenario measure in it, checks the invariants and stops it. */
export async function inFreshSystem<T>(
  context: Context,
  choice: SystemChoice,
  work: (measuring: Measuring) => Promise<T>,
): Promise<Measured<T>> {
  const { options, progress, signal } = context;
  const { variant = baseline, replicas = options.replicas, warmup = options.warmup, tree } = choice;
  const env = { ...variant.env, ...options.env };
  const { profile, operations, watched } = options;
  const system = await startSystem({ progress, signal, replicas, env, profile, operations, watched, from: tree });
  try {
    context.servers.add(await describeServers(system));
    const idempotencyKeys = variant.idempotencyKeys === true;
    await warmUp({ system, progress, signal }, warmup, idempotencyKeys);
    const rounds: Round[] = [];
    const run: Measuring['run'] = async (label, job, onProgress) => {
      const told = onProgress === undefined ? {} : { onProgress };
      const round = await runRound({ label, system, progress, signal, job: { ...job, idempotencyKeys }, ...told });
      rounds.push(round);
      return round;
    };
    const value = await work({ system, run });
    const check = () => progress.step('invariants', () => checkInvariants(system.postgresUrl));
    const invariants = tree === undefined ? await check() : [];
    if (options.keep) await kept(context, system);
    return { value, invariants: [checkEndings(rounds.map(({ load }) => load)), ...invariants] };
  } finally {
    await system.stop();
  }
}

export const invariantsTable = (invariants: readonly Invariant[]): Table => ({
  title: 'Invariants',
  columns: ['', 'found'],
  rows: invariants.map(({ text, holds, found }) => [`${holds ? '✓' : '✗'} ${text}`, found]),
});

export const allHold = (invariants: readonly Invariant[]) => invariants.every(({ holds }) => holds);

async function kept({ progress, signal }: Context, system: System): Promise<void> {
  progress.line(
    `\n  Still running, until Ctrl-C: ${system.urls('order-service').join(', ')}, ${new URL(system.postgresUrl).host}`,
  );
  await interruption(signal);
}
