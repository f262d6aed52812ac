import { effectStep, outcome } from '@quickstep/shared/choreography';
import { shipping } from '../choreography.js';
import { Shipments } from '../db/tables.js';
import type { Carrier } from '../domain/carrier.js';

/** Undoes a booking that came back after its row was closed, or beside the one that is known. */
export const recallShipment = (carrier: Carrier) =>
  effectStep(shipping, 'recallShipment', {
    rows: ({ data }) => ({ shipment: Shipments.fresh(data.orderId) }),
    about: ({ data }) => data.trackingNumber,
    effect: ({ data: { orderId, trackingNumber } }, key, signal) =>
      carrier.recall({ reference: orderId, trackingNumber }, key, signal),
    decide: ({ data }, { shipment }) => {
      if (shipment.trackingNumber === data.trackingNumber) shipment.recalled = true;
      return outcome('recalled');
    },
  });
