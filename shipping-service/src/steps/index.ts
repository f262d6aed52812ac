import { implement } from '@quickstep/shared/choreography';
import { shipping } from '../choreography.js';
import type { Carrier } from '../domain/carrier.js';
import { bookShipment } from './book-shipment.js';
import { cancelShipment } from './cancel-shipment.js';
import { recallShipment } from './recall-shipment.js';

export const shippingSteps = (carrier: Carrier) =>
  implement(shipping, [bookShipment(carrier), cancelShipment, recallShipment(carrier)]);
