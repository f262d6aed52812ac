import { problem } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../access/index.js';
import { type Act, audit } from '../db/audit.js';

/** Of a route that hides personal data. */
export const revealQuery = {
  reveal: Type.Boolean({ default: false, description: 'Show personal data; needs the role operator, and is audited' }),
};

export const mayNotReveal = { status: 403, code: 'forbidden', when: 'Only an operator may reveal' };

/** @throws Problem `forbidden` */
export function checkMayReveal({ role }: Caller, reveal: boolean): void {
  if (reveal && role !== 'operator') throw problem('forbidden', 'Only an operator may see personal data');
}

/** Writes down that personal data are shown, before they are. */
export async function auditReveal(
  queries: Pick<EntityManager, 'query'>,
  { name: who }: Caller,
  act: Omit<Act, 'who' | 'result'>,
): Promise<void> {
  await audit(queries, { who, ...act, result: 'shown' });
}
