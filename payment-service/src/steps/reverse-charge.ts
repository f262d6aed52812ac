import { effectStep, outcome } from '@quickstep/shared/choreography';
import { payment as declared } from '../choreography.js';
import { Payments } from '../db/tables.js';
import type { PaymentGateway } from '../domain/gateway.js';
import { withSurplus } from '../domain/payment.js';

/** Gives back a charge that was made beside the one kept for the order. */
export const reverseCharge = (gateway: PaymentGateway) =>
  effectStep(declared, 'reverseCharge', {
    rows: ({ data }) => ({ payment: Payments.fresh(data.orderId) }),
    about: ({ data }) => data.chargeId,
    effect: ({ data }, key, signal) => gateway.reverse({ reference: data.orderId, chargeId: data.chargeId }, key, signal),
    decide: ({ data: { chargeId, amount } }, { payment }, { answer: reversalId }) => {
      payment.surplusCharges = withSurplus(payment, { chargeId, amount, reversalId });
      return outcome('reversed');
    },
  });
