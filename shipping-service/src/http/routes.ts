import { OrderId } from '@quickstep/shared/contracts';
import { entityOf } from '@quickstep/shared/db';
import { Nullable, named, read } from '@quickstep/shared/http';
import { Type } from '@sinclair/typebox';
import { Shipments } from '../db/tables.js';
import { shipmentStatus, shipmentStatuses } from '../domain/shipment.js';

const fields = Type.Object({
  orderId: OrderId,
  status: Type.Union(shipmentStatuses.map((status) => Type.Literal(status))),
  trackingNumber: Nullable(Type.String()),
  refusalReason: Nullable(Type.String()),
});
const ShipmentView = named('Shipment', fields, {
  orderId: '0193a4b0-5f2e-7c31-9a54-0d6b1f1c2e77',
  status: 'SHIPPED',
  trackingNumber: 'QS862D44AD0735B4',
  refusalReason: null,
});

export const shippingRoutes = [
  read({
    path: '/shipments/{orderId}',
    summary: 'The shipment of an order',
    params: Type.Object({ orderId: OrderId }),
    view: ShipmentView,
    async find({ params }, { dataSource }) {
      const shipment = await dataSource.getRepository(entityOf(Shipments)).findOneBy(params);
      if (shipment === null) return undefined;
      const { orderId, trackingNumber, refusalReason } = shipment;
      return { orderId, status: shipmentStatus(shipment), trackingNumber, refusalReason };
    },
  }),
];
