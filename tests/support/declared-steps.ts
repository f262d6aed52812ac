import { inventory } from '@quickstep/inventory-service/choreography';
import { notification } from '@quickstep/notification-service/choreography';
import { order } from '@quickstep/order-service/choreography';
import { payment } from '@quickstep/payment-service/choreography';
import { type Choreography, emitsOf, reactsTo } from '@quickstep/shared/choreography';
import { shipping } from '@quickstep/shipping-service/choreography';
import type { DeclaredStep } from '@quickstep/system/invariants';

const services: readonly Choreography[] = [order, inventory, payment, shipping, notification];
const typesOf = (contracts: readonly { readonly type: string }[]) => contracts.map(({ type }) => type);

/** Every step of the five services, as the rule of causes reads it. */
export const declaredSteps: readonly DeclaredStep[] = services.flatMap(({ service, steps }) =>
  Object.entries(steps).map(([step, declared]) => ({
    service,
    step,
    consumes: typesOf(reactsTo(declared)),
    emits: typesOf(emitsOf(declared)),
  })),
);
