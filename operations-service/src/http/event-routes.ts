import type { CloudEvent } from '@quickstep/shared/events';
import {
  type Call,
  decodeCursor,
  encodeCursor,
  notFound,
  pageSchema,
  problem,
  problems,
  queryChecker,
  type ReadContext,
  type Route,
  UUID_KEY,
} from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { hideEvent } from '../access/hidden.js';
import { type Access, guarded } from '../access/index.js';
import {
  Archive,
  type ArchivedEvent,
  type Arrivals,
  causality,
  type Effect,
  inOrder,
  type LiveEvents,
} from '../archive/index.js';
import { eventPageQuery, eventStreamQuery, filterOf, POSITION } from './archive-query.js';
import { auditReveal, checkMayReveal, mayNotReveal, revealQuery } from './reveal.js';

/** An event: CloudEvents 1.0 in JSON. */
const Event = Type.Object(
  { id: Type.String(), type: Type.String(), source: Type.String(), subject: Type.String(), time: Type.String() },
  {
    additionalProperties: true,
    description: 'The event as it was published (CloudEvents 1.0), with personal data hidden unless they were asked for',
  },
);
const Archived = Type.Object({
  position: Type.Integer({ description: 'Its place in the archive, in the order of arrival' }),
  service: Type.String({ description: 'In whose log it stands' }),
  event: Event,
});
const WithEffects = Type.Object({
  ...Archived.properties,
  effects: Type.Array(Type.Object({}, { additionalProperties: true, description: 'Of the same shape' })),
});

const shown = (event: CloudEvent, reveal: boolean): unknown => (reveal ? event : hideEvent(event));
const archivedView = ({ position, service, event }: ArchivedEvent, reveal: boolean) => ({
  position,
  service,
  event: shown(event, reveal),
});
const effectView = ({ archived, effects }: Effect, reveal: boolean): object => ({
  ...archivedView(archived, reveal),
  effects: effects.map((each) => effectView(each, reveal)),
});

/** Personal data are never in a stream. An event of a stream of server-sent events: its id is what a client comes back with. */
export const eventText = (archived: ArchivedEvent) =>
  `id: ${archived.position}\ndata: ${JSON.stringify(archivedView(archived, false))}\n\n`;

const id = Type.Object({ id: Type.String({ maxLength: 36, description: 'Id of the event' }) });
const orderId = Type.Object({ orderId: Type.String({ maxLength: 512, description: 'Id of the order' }) });
const checkReveal = queryChecker(Type.Object(revealQuery, { additionalProperties: false }));
const checkPage = queryChecker(eventPageQuery);
const checkStream = queryChecker(eventStreamQuery);
const missing = { status: problems.not_found.status, code: 'not_found', when: problems.not_found.title };
const full = { status: problems.unavailable.status, code: 'unavailable', when: problems.unavailable.title };

/** What a stream goes on after. A client that comes back after a break cannot mend what it sends: what is no position says nothing. */
function lastEventId({ request: { headers } }: Call): number | undefined {
  const given = headers['last-event-id'];
  return typeof given === 'string' && POSITION.test(given) ? Number(given) : undefined;
}

interface Streams {
  readonly live: LiveEvents;
  readonly arrivals: Arrivals;
}

const tooMany = () => problem('unavailable', 'There are too many listeners, or the service stops');

/** @param streams undefined for documents: the routes of no running service */
export const eventRoutes = (access: Access, streams: Streams | undefined): Route<ReadContext>[] => [
  guarded(access, 'reader', {
    method: 'get',
    path: '/events',
    summary: 'Events of all services, latest arrival first; personal data are hidden',
    query: eventPageQuery,
    response: { status: 200, description: 'A page of events', schema: pageSchema(Archived) },
    problems: [mayNotReveal],
    async run(call, { dataSource }, caller) {
      const { limit, cursor, reveal, ...query } = checkPage(call.request);
      checkMayReveal(caller, reveal);
      const key = decodeCursor(cursor, POSITION);
      const before = key === undefined ? undefined : Number(key);
      const { events, more } = await new Archive(dataSource).page(filterOf(query), limit, before);
      const last = more ? events.at(-1) : undefined;
      const next = last === undefined ? {} : { nextCursor: encodeCursor(String(last.position)) };
      if (reveal)
        await auditReveal(dataSource, caller, {
          what: 'events.reveal',
          about: query.subject ?? query.order,
          details: { ...query, before, subjects: [...new Set(events.map(({ event }) => event.subject))] },
        });
      call.json(200, { items: events.map((each) => archivedView(each, reveal)), ...next });
    },
  }),
  guarded(access, 'reader', {
    method: 'get',
    path: '/events/stream',
    summary: 'Events as they come, without personal data, as server-sent events; `Last-Event-ID` goes on after one',
    query: eventStreamQuery,
    headers: Type.Object({
      'Last-Event-ID': Type.Optional(Type.String({ description: 'Id of the last event that was read; from now on without' })),
    }),
    response: {
      status: 200,
      description: 'Each event with its position as id; comments while there are none',
      schema: Type.String(),
      contentType: 'text/event-stream',
    },
    problems: [full],
    run(call) {
      const filter = filterOf(checkStream(call.request));
      if (streams === undefined || streams.live.full) throw tooMany();
      streams.live.add(call.stream(200, { 'content-type': 'text/event-stream' }), filter, lastEventId(call));
    },
  }),
  guarded(access, 'reader', {
    method: 'get',
    path: '/events/arrivals',
    summary: 'That events have come, not which, every two seconds at most, as server-sent events',
    response: {
      status: 200,
      description: 'A short message for whatever has come; comments while nothing does',
      schema: Type.String(),
      contentType: 'text/event-stream',
    },
    problems: [full],
    async run(call) {
      if (streams === undefined || streams.arrivals.full) throw tooMany();
      streams.arrivals.add(call.stream(200, { 'content-type': 'text/event-stream' }));
    },
  }),
  guarded(access, 'reader', {
    method: 'get',
    path: '/events/{id}',
    summary: 'One event, with what caused it and what followed from it; personal data are hidden',
    params: id,
    query: Type.Object(revealQuery),
    response: {
      status: 200,
      description: 'The event; its causes, the first one first; its effects as a tree',
      schema: Type.Object({ ...Archived.properties, causes: Type.Array(Archived), effects: Type.Array(WithEffects) }),
    },
    problems: [missing, mayNotReveal],
    async run(call, { dataSource }, caller) {
      const { reveal } = checkReveal(call.request);
      checkMayReveal(caller, reveal);
      const given = String(call.request.params.id).toLowerCase();
      const archive = new Archive(dataSource);
      const found = UUID_KEY.test(given) ? await archive.find(given) : undefined;
      if (found === undefined) throw notFound('such event in the archive');
      const { causes, effects } = causality(found, await archive.ofSaga(found.event.correlationid));
      if (reveal) await auditReveal(dataSource, caller, { what: 'events.reveal', about: given });
      call.json(200, {
        ...archivedView(found, reveal),
        causes: causes.map((each) => archivedView(each, reveal)),
        effects: effects.map((each) => effectView(each, reveal)),
      });
    },
  }),
  guarded(access, 'reader', {
    method: 'get',
    path: '/orders/{orderId}/events',
    summary: 'Everything that happened to an order, oldest first; personal data are hidden',
    params: orderId,
    query: Type.Object(revealQuery),
    response: { status: 200, description: 'The events of all services about the order', schema: Type.Array(Event) },
    problems: [missing, mayNotReveal],
    async run(call, { dataSource }, caller) {
      const { reveal } = checkReveal(call.request);
      checkMayReveal(caller, reveal);
      const given = String(call.request.params.orderId).toLowerCase();
      const found = UUID_KEY.test(given) ? await new Archive(dataSource).about(given) : [];
      if (found.length === 0) throw notFound('event about this order in the archive');
      if (reveal) await auditReveal(dataSource, caller, { what: 'orders.reveal', about: given });
      call.json(
        200,
        inOrder(found).map(({ event }) => shown(event, reveal)),
      );
    },
  }),
];
