import { accepted, outcome, refused, requestHash, step } from '@quickstep/shared/choreography';
import { OrderCreated } from '@quickstep/shared/contracts';
import { change } from '@quickstep/shared/rows';
import { order as declared } from '../choreography.js';
import { Catalogue, Orders } from '../db/tables.js';
import { asPlaced, deadlineFrom, stateOf } from '../domain/order.js';
import { price } from '../domain/pricing.js';
import { place } from '../domain/progress.js';

/** @param deadlineMs how long the saga may take before the order is cancelled, in milliseconds */
export const placeOrder = (deadlineMs: number) =>
  step(declared, 'placeOrder', {
    rows: ({ subject, data }) => ({
      order: Orders.fresh(subject),
      catalogue: Catalogue.read(data.items.map((line) => line.sku)),
    }),
    decide: (request, { order, catalogue }, { now }) => {
      const { data } = request;
      const hash = requestHash(request);
      if (order.placedAt !== null) {
        if (order.requestHash === hash) return accepted(asPlaced(order, deadlineMs), outcome('repeated'));
        return refused('idempotency_key_reused', 'This Idempotency-Key was used for another request');
      }
      const priced = price(data.items, catalogue);
      if (!priced.ok) return refused('invalid_request', 'Some items cannot be ordered', priced.errors);
      const { customerId, email, paymentMethod, shippingAddress } = data;
      const { items, total, currency } = priced;
      place(order, { customerId, email, items, total, currency, paymentMethod, shippingAddress }, now);
      change(order, { requestHash: hash, deadlineAt: deadlineFrom(now, deadlineMs) });
      const created = OrderCreated({ ...stateOf(order), paymentMethod, shippingAddress });
      return accepted(asPlaced(order, deadlineMs), outcome('placed', created));
    },
  });
