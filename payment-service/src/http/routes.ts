import { Amount, OrderId } from '@quickstep/shared/contracts';
import { entityOf } from '@quickstep/shared/db';
import { Nullable, named, read } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { Payments } from '../db/tables.js';
import { paymentStatus, paymentStatuses } from '../domain/payment.js';

const fields = Type.Object({
  orderId: OrderId,
  status: Type.Union(paymentStatuses.map((status) => Type.Literal(status))),
  amount: Amount,
  currency: Type.String(),
  chargeId: Nullable(Type.String()),
  declineReason: Nullable(Type.String()),
  refundId: Nullable(Type.String()),
  refundedAmount: Amount,
});
const PaymentView = named('Payment', fields, {
  orderId: '0193a4b0-5f2e-7c31-9a54-0d6b1f1c2e77',
  status: 'CHARGED',
  amount: 2_580,
  currency: 'EUR',
  chargeId: 'ch_9f86d081884c7d65',
  declineReason: null,
  refundId: null,
  refundedAmount: 0,
});

export const paymentRoutes = [
  read({
    path: '/payments/{orderId}',
    summary: 'The payment of an order',
    params: Type.Object({ orderId: OrderId }),
    view: PaymentView,
    async find({ params }, { dataSource }) {
      const payment = await dataSource.getRepository(entityOf(Payments)).findOneBy(params);
      if (payment === null) return undefined;
      const { orderId, amount, currency, chargeId, declineReason, refundId, refundedAmount } = payment;
      const status = paymentStatus(payment);
      return { orderId, status, amount, currency, chargeId, declineReason, refundId, refundedAmount };
    },
  }),
];
