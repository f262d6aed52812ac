import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { inventory } from '@quickstep/inventory-service/choreography';
import { notification } from '@quickstep/notification-service/choreography';
import { operations } from '@quickstep/operations-service/choreography';
import { order } from '@quickstep/order-service/choreography';
import { payment } from '@quickstep/payment-service/choreography';
import type { Choreography, StepDeclaration } from '@quickstep/shared/choreography';
import { shipping } from '@quickstep/shipping-service/choreography';

const services: readonly Choreography[] = [order, inventory, payment, shipping, notification, operations];

/**
 * The assertions of a service's step tests: each is one statement with `.when(<step>, ...)` and `outcome('<name>')` or
 * `refused('<code>')`.
 */
function statementsOf(service: string): string[] {
  const folder = resolve(__dirname, '..', service, 'test');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
  return files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split(/;\n/));
}

interface Ending {
  readonly ending: string;
  readonly asserted: RegExp;
}

function endingsOf(step: StepDeclaration): Ending[] {
  const refusals = step.kind === 'command' ? Object.keys(step.refusals ?? {}) : [];
  const ending = (maker: string) => (name: string) => ({ ending: name, asserted: new RegExp(`${maker}\\(\\s*'${name}'`) });
  return [...Object.keys(step.outcomes).map(ending('outcome')), ...refusals.map(ending('refused'))];
}

test.each(services.map((each) => [each.service, each] as const))('every outcome and refusal of %s has a step test', (_, each) => {
  const statements = statementsOf(each.service);
  const untested = Object.entries(each.steps).flatMap(([name, step]) => {
    const ofStep = statements.filter((text) => text.includes(`.when(${name}, `));
    const missing = endingsOf(step).filter(({ asserted }) => !ofStep.some((text) => asserted.test(text)));
    return missing.map(({ ending }) => `${name}: ${ending}`);
  });
  expect(untested).toEqual([]);
});
