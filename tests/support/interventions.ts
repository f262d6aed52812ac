import type { PaymentGateway } from '@quickstep/payment-service/service';
import type { Carrier } from '@quickstep/shipping-service/service';

type Call = (...args: never[]) => unknown;
type Intervention<Real extends Call> = (real: Real, ...args: Parameters<Real>) => ReturnType<Real>;

/** Calls to the outside world that a test answers in its own way; each may still make the real call. */
export interface Interventions {
  charge?: Intervention<PaymentGateway['charge']>;
  refund?: Intervention<PaymentGateway['refund']>;
  book?: Intervention<Carrier['book']>;
  recall?: Intervention<Carrier['recall']>;
}

/** @param on looked at with each call */
export function intervenedGateway(gateway: PaymentGateway, on: Interventions): PaymentGateway {
  const charge: PaymentGateway['charge'] = (...args) => gateway.charge(...args);
  const refund: PaymentGateway['refund'] = (...args) => gateway.refund(...args);
  return {
    charge: (...args) => on.charge?.(charge, ...args) ?? charge(...args),
    refund: (...args) => on.refund?.(refund, ...args) ?? refund(...args),
    reverse: (...args) => gateway.reverse(...args),
  };
}

/** @param on looked at with each call */
export function intervenedCarrier(carrier: Carrier, on: Interventions): Carrier {
  const book: Carrier['book'] = (...args) => carrier.book(...args);
  const recall: Carrier['recall'] = (...args) => carrier.recall(...args);
  return {
    book: (...args) => on.book?.(book, ...args) ?? book(...args),
    recall: (...args) => on.recall?.(recall, ...args) ?? recall(...args),
  };
}
