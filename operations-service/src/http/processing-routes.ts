import { Nullable, notFound, problems, type ReadContext, type Route } from '@quickstep/shared/http';
import { choreographies } from '@quickstep/system';
import { Type } from '@sinclair/typebox';
import { type Access, guarded } from '../access/index.js';
import { Archive } from '../archive/index.js';
import { parkedCopies } from '../db/dead-letter-queries.js';
import { listenersOf } from '../dead-letters/listeners.js';
import { processingOf, processingStates, type Remembered } from '../dead-letters/processing.js';
import { type JudgeOptions, rememberedSince } from '../dead-letters/verdict.js';
import { idOf } from './dead-letter-routes.js';

const Item = Type.Object({
  service: Type.String(),
  step: Type.String(),
  status: Nullable(Type.Union(processingStates.map((state) => Type.Literal(state)))),
  detail: Nullable(Type.String({ description: 'Why status is null: nobody knows' })),
  createdAt: Type.String({ description: 'When the event happened' }),
  createdBy: Type.String({ description: 'The service that emitted it' }),
  updatedAt: Nullable(Type.String()),
  updatedBy: Nullable(Type.String({ description: 'The service that handled it, or gave it up' })),
  deadLetterId: Nullable(Type.String()),
});

type Remembering = Pick<JudgeOptions, 'inboxes' | 'inboxDays'>;

/** @returns undefined when the service cannot be asked */
async function askInbox(remembering: Remembering | undefined, service: string, id: string): Promise<Remembered | undefined> {
  const inbox = await remembering?.inboxes.handled(service, [id]).catch(() => undefined);
  if (remembering === undefined || inbox === undefined) return undefined;
  const handled = [...(inbox.get(id) ?? [])].map(([step, handledAt]) => ({ step, handledAt }));
  return { handled, since: rememberedSince(remembering, service, new Date()) };
}

/** @param remembering undefined for documents: the routes of no running service */
export const processingRoutes = (access: Access, remembering?: Remembering): Route<ReadContext>[] => [
  guarded(access, 'reader', {
    method: 'get',
    path: '/events/{id}/processing',
    summary: 'How far each step that listens to an event has come with it',
    params: Type.Object({ id: Type.String({ maxLength: 36, description: 'Id of the event' }) }),
    response: {
      status: 200,
      description:
        'From the inboxes of the services and the dead letters; status is null where a service cannot be asked, or no longer knows',
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
          const inbox = await askInbox(remembering, service, id);
          const parked = copies.filter((each) => each.service === service);
          const steps = listenersOf(service).steps.get(event.type) ?? [];
          return steps.map((step) => processingOf({ service, step, time: new Date(event.time) }, inbox, parked));
        }),
      );
      const views = items.flat().map(({ status, detail, updatedAt, deadLetterId, ...each }) => ({
        ...each,
        status: status ?? null,
        detail: detail ?? null,
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
