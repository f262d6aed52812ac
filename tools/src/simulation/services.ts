import { inventory } from '@quickstep/inventory-service/choreography';
import { inventorySteps } from '@quickstep/inventory-service/steps';
import { notification } from '@quickstep/notification-service/choreography';
import { notificationSteps } from '@quickstep/notification-service/steps';
import { order } from '@quickstep/order-service/choreography';
import { orderSteps } from '@quickstep/order-service/steps';
import { payment } from '@quickstep/payment-service/choreography';
import { paymentSteps } from '@quickstep/payment-service/steps';
import { type Choreography, emitsOf, type Implementation, reactsTo } from '@quickstep/shared/choreography';
import { shipping } from '@quickstep/shipping-service/choreography';
import { shippingSteps } from '@quickstep/shipping-service/steps';
import type { DeclaredStep } from '@quickstep/system/invariants';
import type { Providers } from './providers.js';

/** The real declarations of all services. */
export const declared: readonly Choreography[] = [order, inventory, payment, shipping, notification];

const typesOf = (contracts: readonly { readonly type: string }[]) => contracts.map(({ type }) => type);

/** Every declared step, as the rule of causes reads it. */
export const declaredSteps: readonly DeclaredStep[] = declared.flatMap(({ service, steps }) =>
  Object.entries(steps).map(([step, declaration]) => ({
    service,
    step,
    consumes: typesOf(reactsTo(declaration)),
    emits: typesOf(emitsOf(declaration)),
  })),
);

/** Steps that a request starts. */
export const commandSteps: ReadonlySet<string> = new Set(
  declared.flatMap(({ steps }) => Object.keys(steps).filter((name) => steps[name]?.kind === 'command')),
);

/** The real steps of a service. @throws TypeError when there is no such service */
export function implementationOf(service: string, providers: Providers, deadlineMs: number): Implementation {
  switch (service) {
    case order.service:
      return orderSteps(deadlineMs);
    case inventory.service:
      return inventorySteps();
    case payment.service:
      return paymentSteps(providers.gateway);
    case shipping.service:
      return shippingSteps(providers.carrier);
    case notification.service:
      return notificationSteps(providers.mailer);
    default:
      throw new TypeError(`There is no service ${service}`);
  }
}
