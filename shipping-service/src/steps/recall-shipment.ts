import { step } from '@quickstep/shared/choreography';
import { shipping } from '../choreography.js';
import { Shipments } from '../db/tables.js';
import type { Carrier } from '../domain/carrier.js';

/** Undoes a booking that came back after its row was closed. */
export const recallShipment = (carrier: Carrier) =>
  step(shipping, 'recallShipment', {
    rows: ({ data }) => ({ shipment: Shipments.fresh(data.orderId) }),
    effect: ({ data }, idempotencyKey) => carrier.recall(data.orderId, idempotencyKey),
    decide: (_event, { shipment }) => {
      shipment.recalled = true;
      return [];
    },
  });
