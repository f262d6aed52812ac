import { Nullable, notFound, problems, type ReadContext, type Route } from '@quickstep/shared/http';
import { choreographies } from '@quickstep/system';
import { Type } from '@sinclair/typebox';
import { type Access, guarded } from '../access/index.js';
import { Archive } from '../archive/index.js';
import { parkedCopies } from '../db/dead-letter-queries.js';
import type { Inboxes } from '../dead-letters/inboxes.js';
import { listenersOf } from '../dead-letters/listeners.js';
import { processingOf, processingStates } from '../dead-letters/processing.js';
import { idOf } from './dead-letter-routes.js';

const Item = Type.Object({
  service: Type.String(),
  step: Type.String(),
  status: Nullable(Type.Union(processingStates.map((state) => Type.Literal(state)))),
  createdAt: Type.String({ description: 'When the event happened' }),
  createdBy: Type.String({ description: 'The service that emitted it' }),
  updatedAt: Nullable(Type.String()),
  updatedBy: Nullable(Type.String({ description: 'The service that handled it, or gave it up' })),
  deadLetterId: Nullable(Type.String()),
});

/** @param inboxes undefined for documents: the routes of no running service */
export const processingRoutes = (access: Access, inboxes?: Pick<Inboxes, 'handled'>): Route<ReadContext>[] => [
  guarded(access, 'reader', {
    method: 'get',
    path: '/events/{id}/processing',
    summary: 'How far each step that listens to an event has come with it',
    params: Type.Object({ id: Type.String({ maxLength: 36, description: 'Id of the event' }) }),
    response: {
      status: 200,
      description: 'From the inboxes of the services and the dead letters; status is null where a service cannot be asked',
      schema: Type.Object({ eventId: Type.String(), type: Type.String(), items: Type.Array(Item) }),
    },
    problems: [{ status: problems.not_found.status, code: 'not_found', when: problems.not_found.title }],
    async run(call, { dataSource }) {
      const id = idOf(call);
      const found = await new Archive(dataSource).find(id);
      if (found === undefined) throw notFound('such event in the archive');
      const { event, service: createdBy } = found;
      const copies = await parkedCopies(dataSource, id);
      const listening = choreographies.filter(({ service }) => listenersOf(service).steps.has(event.type));
      const items = await Promise.all(
        listening.map(async ({ service }) => {
          const inbox = await inboxes?.handled(service, [id]).catch(() => undefined);
          const handled = inbox && [...(inbox.get(id) ?? [])].map(([step, handledAt]) => ({ step, handledAt }));
          const parked = copies.filter((each) => each.service === service);
          return (listenersOf(service).steps.get(event.type) ?? []).map((step) => processingOf(service, step, handled, parked));
        }),
      );
      const views = items.flat().map(({ status, updatedAt, deadLetterId, ...each }) => ({
        ...each,
        status: status ?? null,
        createdAt: event.time,
        createdBy,
        updatedAt: updatedAt ?? null,
        updatedBy: updatedAt === undefined ? null : each.service,
        deadLetterId: deadLetterId ?? null,
      }));
      call.json(200, { eventId: id, type: event.type, items: views });
    },
  }),
];
