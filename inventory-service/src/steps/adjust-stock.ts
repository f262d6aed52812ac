import { accepted, outcome, refused, requestHash, step } from '@quickstep/shared/choreography';
import { change } from '@quickstep/shared/rows';
import { inventory } from '../choreography.js';
import { Adjustments, Stock } from '../db/tables.js';

/** Repeated with its idempotency key, which gives it the same id, it is made once, and answered with the item as it is now. */
export const adjustStock = step(inventory, 'adjustStock', {
  rows: ({ id, subject }) => ({
    adjustment: Adjustments.fresh(id),
    item: Stock.existing(subject),
  }),
  decide: (request, { adjustment, item }, { now }) => {
    const {
      subject: sku,
      data: { delta, reason },
    } = request;
    if (item === undefined) return refused('item_not_found', `There is no item ${sku}`);
    const hash = requestHash(request);
    if (adjustment.madeAt !== null) {
      if (adjustment.requestHash === hash) return accepted(item, outcome('repeated'));
      return refused('idempotency_key_reused', 'This Idempotency-Key was used for another request');
    }
    if (item.available + delta < 0) {
      return refused('insufficient_stock', `Only ${item.available} units are available to take away`);
    }
    item.available += delta;
    item.onHand += delta;
    change(adjustment, { sku, delta, reason, requestHash: hash, madeAt: now });
    return accepted(item, outcome('adjusted'));
  },
});
