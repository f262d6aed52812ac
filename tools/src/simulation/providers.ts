import type { notificationSteps } from '@quickstep/notification-service/steps';
import type { paymentSteps } from '@quickstep/payment-service/steps';
import type { shippingSteps } from '@quickstep/shipping-service/steps';

export type PaymentGateway = Parameters<typeof paymentSteps>[0];
export type Carrier = Parameters<typeof shippingSteps>[0];
export type Mailer = Parameters<typeof notificationSteps>[0];

/** The providers as one process sees them. */
export interface Providers {
  readonly gateway: PaymentGateway;
  readonly carrier: Carrier;
  readonly mailer: Mailer;
}

export interface Money {
  readonly id: string;
  readonly amount: number;
}

/** What the providers really did, by order: the books of the services are checked against it. */
export interface ProviderRecords {
  readonly charges: ReadonlyMap<string, readonly Money[]>;
  readonly refunds: ReadonlyMap<string, readonly Money[]>;
  /** Tracking numbers. */
  readonly parcels: ReadonlyMap<string, readonly string[]>;
  /** Tracking numbers of parcels that were called back. */
  readonly recalled: ReadonlySet<string>;
  /** How often a customer was told, by the event that they were told of. */
  readonly mails: ReadonlyMap<string, number>;
}
