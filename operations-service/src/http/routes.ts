import type { ReadContext, Route } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { type Access, guarded } from '../access/index.js';
import type { LiveEvents } from '../archive/index.js';
import { consoleRoutes } from '../console/routes.js';
import { analyticsRoutes } from './analytics-routes.js';
import { eventRoutes } from './event-routes.js';
import { flowRoutes } from './flow-routes.js';
import { modelRoutes } from './model-routes.js';
import { orderRoutes } from './order-routes.js';
import { projectionRoutes } from './projection-routes.js';
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
  /** By name of the service, where it is. */
  readonly urls: ReadonlyMap<string, string>;
}

export const operationsRoutes = (access: Access, running?: Running): Route<ReadContext>[] => [
  ...consoleRoutes(access),
  meRoute(access),
  ...eventRoutes(access, running?.live),
  ...projectionRoutes(access, running?.projections),
  ...modelRoutes(access, running?.projections),
  ...sagaRoutes(access, running),
  ...orderRoutes(access, running?.projections),
  ...analyticsRoutes(access),
  ...flowRoutes(access, running),
  ...serviceRoutes(access, running?.urls ?? new Map()),
];
