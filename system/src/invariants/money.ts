import { unless, type Violation } from './rules.js';
import type { Money, PaymentRow, ProvidersRecord, Saga } from './snapshot.js';

const sum = (money: readonly Money[]) => money.reduce((total, { amount }) => total + amount, 0);

/** What a payment's row says is held of its customer's money. */
export function heldOf(payment: PaymentRow | undefined): number {
  if (payment === undefined) return 0;
  return (payment.chargeId === null ? 0 : payment.amount) - payment.refundedAmount;
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
  const refundKnown = payment?.refundId != null;
  return [
    // A refund that was made without knowing of the charge stands for both.
    ...missing(providers.charges, payment?.chargeId, !refundKnown).map((id) => ({ what: 'charge', id })),
    ...missing(providers.refunds, payment?.refundId, true).map((id) => ({ what: 'refund', id })),
  ].map(({ what, id }) => ({ rule: 'no effect without its record', detail: `${what} ${id} of ${orderId}` }));
}

function missing(made: readonly Money[], known: string | null | undefined, needed: boolean): string[] {
  return needed && made.length > 0 && !made.some(({ id }) => id === known) ? made.map(({ id }) => id) : [];
}
