import { type Call, problems, type Route } from '@quickstep/shared/http';
import type { Access, Caller, Role } from './access.js';

/** A route that is open to callers of a role only. */
export interface GuardedRoute<Context> extends Omit<Route<Context>, 'run'> {
  readonly run: (call: Call, context: Context, caller: Caller) => void | Promise<void>;
}

/** What the documents say of every route that is guarded. */
const refusals = (role: Role) => [
  { status: problems.unauthorized.status, code: 'unauthorized', when: problems.unauthorized.title },
  ...(role === 'operator' ? [{ status: problems.forbidden.status, code: 'forbidden', when: problems.forbidden.title }] : []),
];

/** The route for callers of a role: reading needs `reader`, acting needs `operator`. */
export function guarded<Context>(access: Access, role: Role, route: GuardedRoute<Context>): Route<Context> {
  return {
    ...route,
    problems: [...(route.problems ?? []), ...refusals(role)],
    run: (call, context) => route.run(call, context, access.require(call, role)),
  };
}
