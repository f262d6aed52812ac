import { invalid, problem, problems, type ReadContext, type Route } from '@quickstep/shared/http';
import { reasonOf } from '@quickstep/shared/pipeline';
import { Type } from '@sinclair/typebox';
import { type Access, guarded } from '../access/index.js';
import { Archive } from '../archive/index.js';
import { audit } from '../db/audit.js';
import { listenersOf } from '../dead-letters/listeners.js';
import { notRepeatable, type ReplayOptions, replay } from '../dead-letters/replay.js';
import { eventQuery, filterOf } from './archive-query.js';
import { bodyChecker } from './body.js';

const { to: before, ...which } = eventQuery;
const order = Type.Object(
  {
    ...which,
    until: before,
    to: Type.String({ maxLength: 100, description: 'The service to whose queue the events go' }),
    again: Type.Boolean({
      default: false,
      description: 'Under new ids; only where every step of the service may repeat its work',
    }),
    older: Type.Boolean({
      default: false,
      description:
        'Also what is older than the service remembers (INBOX_RETENTION_DAYS): if it has handled it, it does all of its work again',
    }),
    dryRun: Type.Boolean({ default: false, description: 'Counts, and sends nothing' }),
    reason: Type.Optional(
      Type.String({ minLength: 3, maxLength: 500, pattern: '^[^\\u0000]*$', description: 'Why, for the audit' }),
    ),
  },
  { additionalProperties: false },
);
const checkOrder = bodyChecker(order);
const Replayed = Type.Object({
  found: Type.Integer({ description: 'Events of the archive that the service listens to' }),
  handled: Type.Integer({ description: 'Which it has handled already: under their own ids they change nothing' }),
  older: Type.Integer({
    description: 'Which are older than the service remembers: sent only with `older`, as it may have handled them',
  }),
  sent: Type.Integer(),
});

/** @param options undefined for documents: the routes of no running service */
export const replayRoutes = (access: Access, options?: Omit<ReplayOptions, 'archive'>): Route<ReadContext>[] => [
  guarded(access, 'operator', {
    method: 'post',
    path: '/replays',
    summary: "Sends events of the archive to one service's queue again; its inbox decides",
    body: order,
    response: { status: 200, description: 'How many there were', schema: Replayed },
    problems: [{ status: problems.conflict.status, code: 'conflict', when: 'A step may not repeat its work' }],
    async run(call, { dataSource }, caller) {
      const { to, again, older, dryRun, reason, until, ...query } = checkOrder(call);
      if (options === undefined) throw problem('unavailable', 'The service does not run');
      const { steps } = listenersOf(to);
      if (steps.size === 0) throw invalid([{ pointer: '/to', detail: 'is no service that listens to events' }]);
      const filter = filterOf(until === undefined ? query : { ...query, to: until }, '/until');
      const meant = (filter.types ?? [...steps.keys()]).filter((type) => steps.has(type));
      if (meant.length === 0) throw invalid([{ pointer: '/type', detail: `is no type that ${to} listens to` }]);
      const twice = again ? [...new Set(meant.flatMap((type) => notRepeatable(to, type)))] : [];
      if (twice.length > 0)
        throw problem(
          'conflict',
          `${to} does not declare that ${twice.join(', ')} may be repeated: send them under their own ids`,
        );
      const act = { who: caller.name, what: 'replay', about: to, why: reason, details: { ...query, until, again, older } };
      if (!dryRun) await audit(dataSource, { ...act, result: 'begun' });
      const told = await replay({ to, filter, again, older, dryRun }, { ...options, archive: new Archive(dataSource) }).catch(
        async (error: unknown) => {
          if (!dryRun) await audit(dataSource, { ...act, result: `failed: ${reasonOf(error)}` });
          throw error;
        },
      );
      const kept = told.older > 0 && !older ? `; ${told.older} older than the inbox were not` : '';
      if (!dryRun) await audit(dataSource, { ...act, result: `sent ${told.sent}${kept}` });
      call.json(200, told);
    },
  }),
];
