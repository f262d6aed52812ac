import { Amount, OrderId } from '@quickstep/shared/contracts';
import { entityOf } from '@quickstep/shared/db';
import { Nullable, read } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { Payments } from '../db/tables.js';
import { paymentStatus, paymentStatuses } from '../domain/payment.js';

const PaymentView = Type.Object({
  orderId: OrderId,
  status: Type.Union(paymentStatuses.map((status) => Type.Literal(status))),
  amount: Amount,
  currency: Type.String(),
  chargeId: Nullable(Type.String()),
  declineReason: Nullable(Type.String()),
  refundId: Nullable(Type.String()),
  refundedAmount: Amount,
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
