import { Type } from '@sinclair/typebox';
import { problem } from './problem.js';
import type { Route } from './route.js';

/** Something without which the service cannot do its work. */
export interface ReadinessCheck {
  readonly name: string;
  /** What is wrong, for operators (without secrets: anyone may read it); undefined when nothing is. */
  check(): string | undefined | Promise<string | undefined>;
}

const CHECK_TIMEOUT_MS = 2_000;

/** A check that hangs has failed: a probe must always be answered. */
async function failureOf({ check }: ReadinessCheck): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer for ${CHECK_TIMEOUT_MS} ms`), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([check(), late]);
  } catch {
    return 'does not answer';
  } finally {
    clearTimeout(timer);
  }
}

const live = Type.Object({ status: Type.Literal('live') });
const ready = Type.Object({ status: Type.Literal('ready'), checks: Type.Array(Type.String()) });

/** `/health/live`: the process runs; `/health/ready`: it can do its work, or 503 with what keeps it from that. */
export function healthRoutes(checks: readonly ReadinessCheck[]): Route<unknown>[] {
  const names = checks.map(({ name }) => name);
  return [
    {
      method: 'get',
      path: '/health/live',
      summary: 'Does the process run?',
      response: { status: 200, description: 'It runs', schema: live },
      run: (call) => call.json(200, { status: 'live' }),
    },
    {
      method: 'get',
      path: '/health/ready',
      summary: 'Can the service do its work?',
      response: { status: 200, description: 'It can', schema: ready },
      problems: [{ status: 503, code: 'unavailable', when: 'It cannot; errors name what keeps it from its work' }],
      async run(call) {
        const found = await Promise.all(checks.map(failureOf));
        const errors = found.flatMap((detail, index) =>
          detail === undefined ? [] : [{ pointer: `/checks/${names[index]}`, detail }],
        );
        if (errors.length === 0) return call.json(200, { status: 'ready', checks: names });
        const failing = errors.map(({ pointer, detail }) => `${pointer.slice('/checks/'.length)}: ${detail}`).join('; ');
        throw problem('unavailable', `Not ready: ${failing}`, { errors, headers: { 'retry-after': '1' } });
      },
    },
  ];
}
