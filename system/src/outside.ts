import type { startNotificationService } from '@quickstep/notification-service/service';
import type { notificationSteps } from '@quickstep/notification-service/steps';
import type { startPaymentService } from '@quickstep/payment-service/service';
import type { paymentSteps } from '@quickstep/payment-service/steps';
import type { startShippingService } from '@quickstep/shipping-service/service';
import type { shippingSteps } from '@quickstep/shipping-service/steps';

/** The outside world, as the steps of all services see it. */
export interface Adapters {
  readonly gateway: Parameters<typeof paymentSteps>[0];
  readonly carrier: Parameters<typeof shippingSteps>[0];
  readonly mailer: Parameters<typeof notificationSteps>[0];
}

/** How services that are started connect to it. */
export interface Connections {
  readonly gateway?: Parameters<typeof startPaymentService>[1];
  readonly carrier?: Parameters<typeof startShippingService>[1];
  readonly mailer?: Parameters<typeof startNotificationService>[1];
}
