import { notFound, problem, problems, type ReadContext, type Route, UUID_KEY } from '@quickstep/shared/http';
import { reasonOf } from '@quickstep/shared/pipeline';
import { Type } from '@sinclair/typebox';
import { type Access, guarded } from '../access/index.js';
import { audit } from '../db/audit.js';
import type { OrderService } from '../order-service.js';
import { bodyChecker } from './body.js';

const orders = Type.Object(
  {
    reason: Type.Optional(
      Type.String({ minLength: 3, maxLength: 500, pattern: '^[^\\u0000]*$', description: 'Why: for the customer and the audit' }),
    ),
  },
  { additionalProperties: false },
);
const checkBody = bodyChecker(orders);

/** @param service undefined for documents: the routes of no running service */
export const cancelRoute = (access: Access, service: OrderService | undefined): Route<ReadContext> =>
  guarded(access, 'operator', {
    method: 'post',
    path: '/sagas/{orderId}/cancel',
    summary: 'Asks the order service to cancel an order, in the name of an operator',
    params: Type.Object({ orderId: Type.String({ maxLength: 512 }) }),
    body: orders,
    response: { status: 202, description: 'It is being cancelled', schema: Type.Object({ detail: Type.String() }) },
    problems: [
      { status: problems.not_found.status, code: 'not_found', when: problems.not_found.title },
      { status: problems.conflict.status, code: 'conflict', when: 'The order service refuses it' },
      { status: problems.unavailable.status, code: 'unavailable', when: 'The order service cannot be asked' },
    ],
    async run(call, { dataSource }, { name: who }) {
      const { reason: why } = checkBody(call);
      const about = String(call.request.params.orderId).toLowerCase();
      if (!UUID_KEY.test(about)) throw notFound('order of this id');
      if (service === undefined) throw problem('unavailable', 'The service does not run');
      const act = { who, what: 'sagas.cancel', about, why };
      await audit(dataSource, { ...act, result: 'begun' });
      const answer = await service.cancel(about, why).catch(async (error: unknown) => {
        await audit(dataSource, { ...act, result: `unknown: ${reasonOf(error)}` });
        throw problem('unavailable', `The order service cannot be asked: ${reasonOf(error)}`);
      });
      const { accepted, detail } = answer ?? { accepted: false, detail: 'there is no such order' };
      await audit(dataSource, { ...act, result: accepted ? 'asked for' : `refused: ${detail}` });
      if (answer === undefined) throw notFound('order of this id');
      if (!accepted) throw problem('conflict', detail);
      call.json(202, { detail });
    },
  });
