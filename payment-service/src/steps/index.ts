import { implement } from '@quickstep/shared/choreography';
import { payment } from '../choreography.js';
import type { PaymentGateway } from '../domain/gateway.js';
import { chargePayment } from './charge-payment.js';
import { refundPayment } from './refund-payment.js';
import { reverseCharge } from './reverse-charge.js';

export const paymentSteps = (gateway: PaymentGateway) =>
  implement(payment, [chargePayment(gateway), refundPayment(gateway), reverseCharge(gateway)]);
