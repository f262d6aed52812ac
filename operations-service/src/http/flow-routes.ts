import { problems, queryChecker, type ReadContext, type Route } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import type { DataSource } from 'typeorm';
import { type Access, guarded } from '../access/index.js';
import type { Projections } from '../projections/index.js';
import { flow, minuteOf } from '../read-models/index.js';

const query = Type.Object(
  { minutes: Type.Integer({ minimum: 1, maximum: 1_440, default: 60, description: 'How far back, this minute among them' }) },
  { additionalProperties: false },
);
const checkQuery = queryChecker(query);

const View = Type.Object({
  minutes: Type.Integer(),
  items: Type.Array(
    Type.Object({
      service: Type.String(),
      type: Type.String(),
      total: Type.Integer(),
      lastMinute: Type.Integer({ description: 'In the last whole minute' }),
    }),
  ),
});

const FLOW = `
  select service, type, sum(events)::bigint as total, coalesce(sum(events) filter (where minute = $2 - 1), 0)::bigint as "lastMinute"
  from flow where minute > $2 - $1::int group by service, type order by service, type`;

interface Emitted {
  readonly service: string;
  readonly type: string;
  readonly total: number;
  readonly lastMinute: number;
}

function read(dataSource: DataSource, minutes: number, now: Date): Promise<Emitted[]> {
  return dataSource.query(FLOW, [minutes, minuteOf(now)]);
}

interface Sources {
  readonly projections: Projections;
  now(): Date;
}

/** @param sources undefined for documents: the routes of no running service */
export const flowRoutes = (access: Access, sources: Sources | undefined): Route<ReadContext>[] => [
  guarded(access, 'reader', {
    method: 'get',
    path: '/flow',
    summary: 'How many events of each type each service has emitted of late',
    query,
    response: { status: 200, description: 'Counts by service and type', schema: View },
    problems: [{ status: problems.unavailable.status, code: 'unavailable', when: 'What is asked for is being rebuilt' }],
    async run(call, { dataSource }) {
      const { minutes } = checkQuery(call.request);
      await sources?.projections.require(flow);
      call.json(200, { minutes, items: await read(dataSource, minutes, sources?.now() ?? new Date()) });
    },
  }),
];
