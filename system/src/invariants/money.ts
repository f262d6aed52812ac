import { unless, type Violation } from './rules.js';
import type { PaymentRow, ProvidersRecord, Saga } from './snapshot.js';

const sum = (money: readonly { readonly amount: number }[]) => money.reduce((total, { amount }) => total + amount, 0);

/** What a payment's row says is held of its customer's money. */
export function heldOf(payment: PaymentRow | undefined): number {
  if (payment === undefined) return 0;
  const { amount, chargeId, refundedAmount, surplusCharges } = payment;
  return (chargeId === null ? 0 : amount) - refundedAmount + sum(surplusCharges.filter(({ reversalId }) => reversalId === null));
}

/**
 * Of what the gateway did, at any moment: at most one charge is kept, and no charge is refunded twice. A second charge breaks it until it
 * has been given back.
 */
export function moved({ orderId, charges, refunds }: ProvidersRecord): Violation[] {
  const figures = () => `${orderId}: ${charges.length} charges of ${sum(charges)}, ${refunds.length} refunds of ${sum(refunds)}`;
  return [
    ...unless(charges.length - refunds.length <= 1, 'at most one charge is kept', figures),
    ...unless(refunds.length <= charges.length && sum(refunds) <= sum(charges), 'at most one refund for each charge', figures),
  ];
}

/** Once the order has ended: a completed order is paid for, of any other nothing is held. */
export function settled({ orderId, order, payment, providers }: Saga): Violation[] {
  const completed = order?.status === 'COMPLETED';
  const due = completed ? order.total : 0;
  const rule = completed ? 'a completed order is paid' : 'no charge without a completed order or a refund';
  const found: [who: string, held: number][] = [['the payment service', heldOf(payment)]];
  if (providers !== undefined) found.push(['the gateway', sum(providers.charges) - sum(providers.refunds)]);
  return found.flatMap(([who, held]) =>
    unless(held === due, rule, () => `${orderId} is ${order?.status}: ${who} holds ${held} instead of ${due}`),
  );
}

/** Once the order has ended: whatever the gateway did is on the payment's row. */
export function recorded({ orderId, payment, providers }: Saga): Violation[] {
  if (providers === undefined) return [];
  const { chargeId, refundId, refundedChargeId, surplusCharges = [] } = payment ?? {};
  const charges = [chargeId, refundedChargeId, ...surplusCharges.map((each) => each.chargeId)];
  const refunds = [refundId, ...surplusCharges.map(({ reversalId }) => reversalId)];
  const unknown = [
    ...providers.charges.filter(({ id }) => !charges.includes(id)).map(({ id }) => `charge ${id}`),
    ...providers.refunds.filter(({ id }) => !refunds.includes(id)).map(({ id }) => `refund ${id}`),
  ];
  return unknown.map((what) => ({ rule: 'no effect without its record', detail: `${what} of ${orderId}` }));
}
