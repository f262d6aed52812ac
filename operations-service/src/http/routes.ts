import type { Route } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { type Access, guarded } from '../access/index.js';

/** Who the caller is, for clients that show or hide what an operator may do. */
export const operationsRoutes = (access: Access): Route<unknown>[] => [
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
  }),
];
