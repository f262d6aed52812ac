import type { notificationSteps } from '@quickstep/notification-service/steps';
import type { gatewayOver } from '@quickstep/payment-service/simulated-gateway';
import type { paymentSteps } from '@quickstep/payment-service/steps';
import type { shippingSteps } from '@quickstep/shipping-service/steps';
import type { ProvidersRecord } from '@quickstep/system/invariants';

export type PaymentGateway = Parameters<typeof paymentSteps>[0];
export type Carrier = Parameters<typeof shippingSteps>[0];
export type Mailer = Parameters<typeof notificationSteps>[0];
export type GatewayLedger = Parameters<typeof gatewayOver>[0];

/** The providers as one process sees them. */
export interface Providers {
  readonly gateway: PaymentGateway;
  readonly carrier: Carrier;
  readonly mailer: Mailer;
}

/** What the providers really did: the books of the services are checked against it. */
export interface ProviderRecords {
  /** What gateway and carrier did for an order; undefined when nothing. */
  recordOf(orderId: string): ProvidersRecord | undefined;
  records(): Iterable<ProvidersRecord>;
  /** How often a customer was told, by template and order. */
  readonly mails: ReadonlyMap<string, number>;
}
