import { table } from '@quickstep/shared/rows';
import { EntitySchema } from 'typeorm';
import type { Payment } from '../domain/payment.js';

export const PaymentEntity = new EntitySchema<Payment>({
  name: 'Payment',
  tableName: 'payments',
  columns: {
    orderId: { name: 'order_id', type: 'uuid', primary: true },
    amount: { type: 'bigint' },
    currency: { type: 'text' },
    chargeId: { name: 'charge_id', type: 'text', nullable: true },
    declineReason: { name: 'decline_reason', type: 'text', nullable: true },
    refundId: { name: 'refund_id', type: 'text', nullable: true },
    refundedAmount: { name: 'refunded_amount', type: 'bigint' },
    closed: { type: 'boolean' },
  },
});

export const Payments = table(
  PaymentEntity,
  (orderId): Payment => ({
    orderId,
    amount: 0,
    currency: '',
    chargeId: null,
    declineReason: null,
    refundId: null,
    refundedAmount: 0,
    closed: false,
  }),
);
