import type { ReadContext, Route } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { type Access, guarded } from '../access/index.js';
import type { Arrivals, LiveEvents } from '../archive/index.js';
import { consoleRoutes } from '../console/routes.js';
import type { ReplayOptions } from '../dead-letters/replay.js';
import type { JudgeOptions } from '../dead-letters/verdict.js';
import { analyticsRoutes } from './analytics-routes.js';
import { auditRoutes } from './audit-routes.js';
import { cancelRoute } from './cancel-route.js';
import { deadLetterRoutes } from './dead-letter-routes.js';
import { eventRoutes } from './event-routes.js';
import { flowRoutes } from './flow-routes.js';
import { modelRoutes } from './model-routes.js';
import { orderRoutes } from './order-routes.js';
import { planRoutes } from './plan-routes.js';
import { processingRoutes } from './processing-routes.js';
import { projectionRoutes } from './projection-routes.js';
import { replayRoutes } from './replay-routes.js';
import { type SagaSources, sagaRoutes } from './saga-routes.js';
import { serviceRoutes } from './service-routes.js';

/** Who the caller is, for clients that show or hide what an operator may do. */
const meRoute = (access: Access): Route<unknown> =>
  guarded(access, 'reader', {
    method: 'get',
    path: '/me',
    summary: 'What the caller may do',
    response: {
      status: 200,
      description: 'The role of the token, and the name that the caller gives in X-Operator',
      schema: Type.Object({ role: Type.Union([Type.Literal('reader'), Type.Literal('operator')]), name: Type.String() }),
    },
    run: (call, _context, caller) => call.json(200, caller),
  });

/** What routes need besides the database; documents are made without it. */
export interface Running extends SagaSources {
  readonly live: LiveEvents;
  readonly arrivals: Arrivals;
  readonly judging: Omit<JudgeOptions, 'ended'>;
  readonly replaying: Omit<ReplayOptions, 'archive'>;
  /** By name of the service, where it is. */
  readonly urls: ReadonlyMap<string, string>;
}

export const operationsRoutes = (access: Access, running?: Running): Route<ReadContext>[] => [
  ...consoleRoutes(access),
  meRoute(access),
  ...eventRoutes(access, running),
  ...projectionRoutes(access, running?.projections),
  ...modelRoutes(access, running?.projections),
  ...sagaRoutes(access, running),
  cancelRoute(access, running?.orders),
  ...deadLetterRoutes(access),
  ...planRoutes(access, running?.judging),
  ...auditRoutes(access),
  ...processingRoutes(access, running?.judging),
  ...replayRoutes(access, running?.replaying),
  ...orderRoutes(access, running?.projections),
  ...analyticsRoutes(access),
  ...flowRoutes(access, running),
  ...serviceRoutes(access, running?.urls ?? new Map()),
];
