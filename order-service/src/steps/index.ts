import { implement } from '@quickstep/shared/choreography';
import { order } from '../choreography.js';
import { cancelOrder } from './cancel-order.js';
import { expireOrder } from './expire-order.js';
import { placeOrder } from './place-order.js';
import { trackOrder } from './track-order.js';
import { updateCatalogue } from './update-catalogue.js';

/** @param deadlineMs how long a saga may take before its order is cancelled, in milliseconds */
export const orderSteps = (deadlineMs: number) =>
  implement(order, [placeOrder(deadlineMs), cancelOrder(deadlineMs), expireOrder(deadlineMs), trackOrder, updateCatalogue]);
