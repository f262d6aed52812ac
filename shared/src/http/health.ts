import { Type } from '@sinclair/typebox';
import { inTime } from '../pipeline/index.js';
import { queryChecker } from './input.js';
import { problem } from './problem.js';
import type { Operation, Route } from './route.js';

/**
 * What a service does. Each can fail while the others go on: commands are accepted while the broker is away, and whoever follows the logs
 * of other services is no less ready when one of them is down.
 */
const WORK = ['commands', 'consuming', 'publishing', 'following', 'effects'] as const;
export type WorkKind = (typeof WORK)[number];

/** Something without which the service cannot do a part of its work. */
export interface ReadinessCheck {
  readonly name: string;
  /** The part of its work that it cannot do otherwise. */
  readonly of: WorkKind;
  /** What is wrong, for operators (without secrets: anyone may read it); undefined when nothing is. */
  check(): string | undefined | Promise<string | undefined>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** A check that hangs has failed: a probe must always be answered. */
async function failureOf({ name, of, check }: ReadinessCheck) {
  try {
    const detail = await inTime(CHECK_TIMEOUT_MS, check, () => `no answer for ${CHECK_TIMEOUT_MS} ms`);
    return detail === undefined ? [] : [{ name, of, detail }];
  } catch {
    return [{ name, of, detail: 'does not answer' }];
  }
}

const Work = Type.Union(WORK.map((each) => Type.Literal(each)));
const query = Type.Object(
  { of: Type.Optional(Type.Union(Work.anyOf, { description: 'Answers 503 if the service cannot do this part of its work' })) },
  { additionalProperties: false },
);
const failures = Type.Array(Type.Object({ name: Type.String(), of: Work, detail: Type.String() }));
const live = Type.Object({ status: Type.Literal('live') });
const ready = Type.Object({ status: Type.Literal('ready'), checks: Type.Array(Type.String()), failing: failures });

/** What is said of the two probes. */
export function healthOperations(needed: readonly WorkKind[]) {
  return {
    live: {
      method: 'get',
      path: '/health/live',
      summary: 'Does the process run?',
      response: { status: 200, description: 'It runs', schema: live },
    },
    ready: {
      method: 'get',
      path: '/health/ready',
      summary: `Can the service do its work (${needed.join(', ')}, unless another part of it is asked for)?`,
      query,
      response: { status: 200, description: 'It can; `failing` names what else it cannot do', schema: ready },
      problems: [{ status: 503, code: 'unavailable', when: 'It cannot; errors name what keeps it from its work' }],
    },
  } satisfies Readonly<Record<string, Operation>>;
}

/** Which parts of its work the service can do: 1 or 0 for each. */
export async function readiness(checks: readonly ReadinessCheck[]): Promise<ReadonlyMap<string, number>> {
  const failing = (await Promise.all(checks.map(failureOf))).flat();
  const able = (work: WorkKind) => (failing.some(({ of }) => of === work) ? 0 : 1);
  return new Map(WORK.map((work) => [work, able(work)]));
}

/**
 * `/health/live`: the process runs. `/health/ready`: the service can do its work, or 503 with what keeps it from that.
 *
 * @param needed the work without which it is not ready; what else fails is listed in the answer
 */
export function healthRoutes(checks: readonly ReadinessCheck[], needed: readonly WorkKind[]): Route<unknown>[] {
  const names = checks.map(({ name }) => name);
  const checkQuery = queryChecker(query);
  const said = healthOperations(needed);
  return [
    { ...said.live, run: (call) => call.json(200, { status: 'live' }) },
    {
      ...said.ready,
      async run(call) {
        const { of } = checkQuery(call.request);
        const failing = (await Promise.all(checks.map(failureOf))).flat();
        const grave = failing.filter((each) => (of === undefined ? needed.includes(each.of) : each.of === of));
        if (grave.length === 0) return call.json(200, { status: 'ready', checks: names, failing });
        const errors = grave.map(({ name, detail }) => ({ pointer: `/checks/${name}`, detail }));
        const detail = grave.map((each) => `${each.name}: ${each.detail}`).join('; ');
        throw problem('unavailable', `Not ready: ${detail}`, { errors, headers: { 'retry-after': '1' } });
      },
    },
  ];
}
