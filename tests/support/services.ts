import { inventoryConfig, startInventoryService } from '@quickstep/inventory-service/service';
import { notificationConfig, startNotificationService } from '@quickstep/notification-service/service';
import { orderConfig, startOrderService } from '@quickstep/order-service/service';
import { paymentConfig, startPaymentService } from '@quickstep/payment-service/service';
import { shippingConfig, startShippingService } from '@quickstep/shipping-service/service';

export const serviceNames = ['order', 'inventory', 'payment', 'shipping', 'notification'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** A service that runs, in this process or in another. */
export interface RunningService {
  readonly url: string;
  /** As an operator stops it: it finishes what it has begun. */
  stop(): Promise<unknown>;
}

/** What takes the place of the world outside. */
export interface Doubles {
  readonly connectGateway?: Parameters<typeof startPaymentService>[1];
  readonly connectCarrier?: Parameters<typeof startShippingService>[1];
}

/** Starts a service in this process. */
export function startHere(name: ServiceName, env: NodeJS.ProcessEnv, doubles: Doubles = {}): Promise<RunningService> {
  switch (name) {
    case 'order':
      return startOrderService(orderConfig(env));
    case 'inventory':
      return startInventoryService(inventoryConfig(env));
    case 'payment':
      return startPaymentService(paymentConfig(env), doubles.connectGateway);
    case 'shipping':
      return startShippingService(shippingConfig(env), doubles.connectCarrier);
    case 'notification':
      return startNotificationService(notificationConfig(env));
  }
}
