import { inventory } from '@quickstep/inventory-service/choreography';
import { inventoryDefaults } from '@quickstep/inventory-service/config';
import { inventorySteps } from '@quickstep/inventory-service/steps';
import { notification } from '@quickstep/notification-service/choreography';
import { notificationDefaults } from '@quickstep/notification-service/config';
import { notificationSteps } from '@quickstep/notification-service/steps';
import { order } from '@quickstep/order-service/choreography';
import { orderDefaults } from '@quickstep/order-service/config';
import { orderSteps } from '@quickstep/order-service/steps';
import { payment } from '@quickstep/payment-service/choreography';
import { paymentDefaults } from '@quickstep/payment-service/config';
import { paymentSteps } from '@quickstep/payment-service/steps';
import type { Choreography, Implementation } from '@quickstep/shared/choreography';
import type { FurtherRights } from '@quickstep/shared/rights';
import type { ServiceDescription } from '@quickstep/shared/service';
import { shipping } from '@quickstep/shipping-service/choreography';
import { shippingDefaults } from '@quickstep/shipping-service/config';
import { shippingSteps } from '@quickstep/shipping-service/steps';
import type { Adapters, Connections } from './outside.js';

export type { Adapters, Connections } from './outside.js';

/** A service that runs in this process. */
export interface Running {
  readonly url: string;
  /** Finishes what has begun, then closes everything. */
  stop(): Promise<unknown>;
}

export interface SystemService {
  readonly choreography: Choreography;
  readonly port: number;
  readonly database: string;
  /** What it may do at the broker besides what its declaration asks for. */
  readonly furtherRights?: FurtherRights;
  /** Its steps, over adapters to the outside world. */
  steps(adapters: Adapters, settings: { readonly orderDeadline: number }): Implementation;
  /** What is true of it whether or not it runs. */
  describe(): Promise<ServiceDescription>;
  /** Starts it in this process. The simulated providers stand for the outside world unless others are given. */
  start(env: NodeJS.ProcessEnv, connections?: Connections): Promise<Running>;
}

function listOf<Name extends string>(services: Readonly<Record<Name, SystemService>>): Readonly<Record<Name, SystemService>> {
  return services;
}

/**
 * The system: every service, once. Launcher, simulation, tests, benchmark and documents take them from here; what cannot (workspaces,
 * Compose, Dockerfile, README) is compared with it by tests/system.test.ts.
 */
export const services = listOf({
  order: {
    choreography: order,
    port: orderDefaults.port,
    database: 'quickstep_order',
    steps: (_adapters, { orderDeadline }) => orderSteps(orderDeadline),
    describe: async () => (await import('@quickstep/order-service/service')).orderDescription,
    start: async (env) => {
      const { orderConfig, startOrderService } = await import('@quickstep/order-service/service');
      return startOrderService(orderConfig(env));
    },
  },
  inventory: {
    choreography: inventory,
    port: inventoryDefaults.port,
    database: 'quickstep_inventory',
    steps: () => inventorySteps(),
    describe: async () => (await import('@quickstep/inventory-service/service')).inventoryDescription,
    start: async (env) => {
      const { inventoryConfig, startInventoryService } = await import('@quickstep/inventory-service/service');
      return startInventoryService(inventoryConfig(env));
    },
  },
  payment: {
    choreography: payment,
    port: paymentDefaults.port,
    database: 'quickstep_payment',
    steps: ({ gateway }) => paymentSteps(gateway),
    describe: async () => (await import('@quickstep/payment-service/service')).paymentDescription,
    start: async (env, { gateway } = {}) => {
      const { paymentConfig, startPaymentService } = await import('@quickstep/payment-service/service');
      return startPaymentService(paymentConfig(env), gateway);
    },
  },
  shipping: {
    choreography: shipping,
    port: shippingDefaults.port,
    database: 'quickstep_shipping',
    steps: ({ carrier }) => shippingSteps(carrier),
    describe: async () => (await import('@quickstep/shipping-service/service')).shippingDescription,
    start: async (env, { carrier } = {}) => {
      const { shippingConfig, startShippingService } = await import('@quickstep/shipping-service/service');
      return startShippingService(shippingConfig(env), carrier);
    },
  },
  notification: {
    choreography: notification,
    port: notificationDefaults.port,
    database: 'quickstep_notification',
    steps: ({ mailer }) => notificationSteps(mailer),
    describe: async () => (await import('@quickstep/notification-service/service')).notificationDescription,
    start: async (env, { mailer } = {}) => {
      const { notificationConfig, startNotificationService } = await import('@quickstep/notification-service/service');
      return startNotificationService(notificationConfig(env), mailer);
    },
  },
});

export type ServiceName = keyof typeof services;

function isServiceName(name: string): name is ServiceName {
  return name in services;
}

/** Their short names, in the order of the list. */
export const serviceNames: readonly ServiceName[] = Object.keys(services).filter(isServiceName);

export const choreographies: readonly Choreography[] = serviceNames.map((name) => services[name].choreography);

/** @param service `order-service`, or the short name. @throws TypeError when there is no such service */
export function serviceOf(service: string): SystemService {
  const name = service.replace(/-service$/, '');
  if (isServiceName(name)) return services[name];
  throw new TypeError(`There is no service "${service}"; there are ${serviceNames.join(', ')}`);
}
