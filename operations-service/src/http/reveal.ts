import { problem } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import type { EntityManager } from 'typeorm';
import { type Caller, UNNAMED } from '../access/index.js';
import { type Act, audit } from '../db/audit.js';

/** Of a route that hides personal data. */
export const revealQuery = {
  reveal: Type.Boolean({
    default: false,
    description: 'Show personal data; needs the role operator and a name in X-Operator, and is audited',
  }),
};

export const mayNotReveal = { status: 403, code: 'forbidden', when: 'Only an operator may reveal, and gives a name' };

/** @throws Problem `forbidden` */
export function checkMayReveal({ role, name }: Caller, reveal: boolean): void {
  if (!reveal) return;
  if (role !== 'operator') throw problem('forbidden', 'Only an operator may see personal data');
  if (name === UNNAMED)
    throw problem(
      'forbidden',
      'Send your name as X-Operator (letters, digits and . _ @ + -, 100 at most): it is written down who is shown personal data',
    );
}

/** Writes down that personal data are shown, before they are. */
export async function auditReveal(
  queries: Pick<EntityManager, 'query'>,
  { name: who }: Caller,
  act: Omit<Act, 'who' | 'result'>,
): Promise<void> {
  await audit(queries, { who, ...act, result: 'shown' });
}
