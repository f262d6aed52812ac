import { decodeCursor, pageOf, pageQuery, pageSchema, queryChecker, type ReadContext, type Route } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { type Access, guarded } from '../access/index.js';
import { readAudit } from '../db/audit.js';
import { AuditEntry } from './dead-letter-schemas.js';

const query = Type.Object(pageQuery, { additionalProperties: false });
const checkQuery = queryChecker(query);
const KEY = /^\d{1,18}$/;

export const auditRoutes = (access: Access): Route<ReadContext>[] => [
  guarded(access, 'reader', {
    method: 'get',
    path: '/audit',
    summary: "Every operator's act, the latest first",
    query,
    response: { status: 200, description: 'Who did what, when and why, and what came of it', schema: pageSchema(AuditEntry) },
    async run(call, { dataSource }) {
      const { limit, cursor } = checkQuery(call.request);
      const entries = await readAudit(dataSource, decodeCursor(cursor, KEY), limit + 1);
      call.json(
        200,
        pageOf(entries, limit, ({ id }) => id),
      );
    },
  }),
];
