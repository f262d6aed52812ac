import { Amount, OrderId } from '@quickstep/shared/contracts';
import { Nullable, read } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { PaymentEntity } from '../db/tables.js';
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
      const payment = await dataSource.getRepository(PaymentEntity).findOneBy(params);
      if (payment === null) return undefined;
      const { closed: _, ...shown } = payment;
      return { ...shown, status: paymentStatus(payment) };
    },
  }),
];
