import { emitsOf, reactsTo } from '@quickstep/shared/choreography';
import type { DeclaredStep } from './invariants/index.js';
import { choreographies } from './services.js';

const typesOf = (contracts: readonly { readonly type: string }[]) => contracts.map(({ type }) => type);

/** Every declared step, as the rule of causes reads it. */
export const declaredSteps: readonly DeclaredStep[] = choreographies.flatMap(({ service, steps }) =>
  Object.entries(steps).map(([step, declaration]) => ({
    service,
    step,
    consumes: typesOf(reactsTo(declaration)),
    emits: typesOf(emitsOf(declaration)),
  })),
);
