import { choreography } from '@quickstep/shared/choreography';
import {
  InventoryRelease,
  InventoryReserved,
  PaymentCompleted,
  PaymentFailed,
  PaymentRefund,
  PaymentRefunded,
} from '@quickstep/shared/contracts';

/** Payment charges the customer, and gives the money back when the order fails further on. Either failure releases the stock. */
export const payment = choreography('payment-service', {
  chargePayment: { on: [InventoryReserved], emits: [PaymentCompleted, PaymentFailed, InventoryRelease, PaymentRefund] },
  refundPayment: { on: [PaymentRefund], emits: [PaymentRefunded, InventoryRelease, PaymentRefund], compensates: 'chargePayment' },
});
