import { Nullable, type Route } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { type Access, guarded } from '../access/index.js';
import { stateOf } from '../services/state.js';

const View = Type.Object({
  items: Type.Array(
    Type.Object({
      service: Type.String(),
      url: Type.String(),
      ready: Nullable(Type.Boolean({ description: 'Null when it does not answer' })),
      troubles: Type.Array(Type.String(), { description: 'What is wrong, in the words of the service' }),
      samples: Type.Array(
        Type.Object({
          name: Type.String(),
          labels: Type.Record(Type.String(), Type.String()),
          value: Type.Number(),
        }),
        { description: 'Its metrics; of distributions the sum and the count' },
      ),
    }),
  ),
});

/** @param urls by name of the service, where it is */
export const serviceRoutes = (access: Access, urls: ReadonlyMap<string, string>): Route<unknown>[] => [
  guarded(access, 'reader', {
    method: 'get',
    path: '/services',
    summary: 'What each service says of itself now: readiness and metrics',
    response: { status: 200, description: 'Every service that is followed', schema: View },
    async run(call) {
      const states = await Promise.all([...urls].map(([service, url]) => stateOf(service, url)));
      call.json(200, { items: states.map((state) => ({ ...state, ready: state.ready ?? null })) });
    },
  }),
];
