import { Nullable, notFound, problems, type ReadContext, type Route, Timestamp } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { type Access, guarded } from '../access/index.js';
import { audit } from '../db/audit.js';
import type { ProjectionState, Projections } from '../projections/index.js';

const Generation = Type.Object({
  generation: Type.Integer(),
  version: Type.Integer(),
  live: Type.Boolean({ description: 'Readers see this one' }),
  position: Type.Integer({ description: 'Of the archive, up to which it has come' }),
  events: Type.Integer({ description: 'Events that were applied' }),
  begunAt: Timestamp,
  liveSince: Nullable(Timestamp),
});
const State = Type.Object({
  name: Type.String(),
  version: Type.Integer({ description: 'As it is declared' }),
  observes: Type.Array(Type.String(), { description: 'Types of events' }),
  lag: Type.Integer({ description: 'Positions of the archive that what readers see is behind' }),
  failure: Nullable(Type.String({ description: 'Why it stands still' })),
  generations: Type.Array(Generation),
});

const view = ({ projection: { name, version, observes }, generations, lag, failure }: ProjectionState) => ({
  name,
  version,
  observes: observes.map(({ type }) => type),
  lag,
  failure: failure ?? null,
  generations: generations.map(({ name: _, ...generation }) => generation),
});

const missing = { status: problems.not_found.status, code: 'not_found', when: problems.not_found.title };

/** @param projections undefined for documents: the routes of no running service */
export const projectionRoutes = (access: Access, projections: Projections | undefined): Route<ReadContext>[] => [
  guarded(access, 'reader', {
    method: 'get',
    path: '/projections',
    summary: 'What is made of the archive, and how far it has come',
    response: { status: 200, description: 'Every projection', schema: Type.Object({ items: Type.Array(State) }) },
    run: (call) => call.json(200, { items: projections?.states().map(view) ?? [] }),
  }),
  guarded(access, 'operator', {
    method: 'post',
    path: '/projections/{name}/rebuild',
    summary: 'Rebuilds a projection from all events, beside what readers see until it has caught up',
    params: Type.Object({ name: Type.String({ maxLength: 40 }) }),
    response: { status: 202, description: 'It is under way, or was already', schema: State },
    problems: [missing],
    async run(call, { dataSource }, { name: who }) {
      const about = String(call.request.params.name);
      const act = { who, what: 'projections.rebuild', about };
      if (projections?.names.includes(about)) await audit(dataSource, { ...act, result: 'begun' });
      const state = await projections?.rebuild(about);
      if (state === undefined) throw notFound('such projection');
      await audit(dataSource, { ...act, result: 'under way' });
      call.json(202, view(state));
    },
  }),
];
