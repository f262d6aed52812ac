import { accepted, outcome, refused, step } from '@quickstep/shared/choreography';
import { change } from '@quickstep/shared/rows';
import { inventory } from '../choreography.js';
import { Adjustments, Stock } from '../db/tables.js';

/** Repeated with its idempotency key, which gives it the same id, it is made once, and answered with the item as it is now. */
export const adjustStock = step(inventory, 'adjustStock', {
  rows: ({ id, subject }) => ({
    adjustment: Adjustments.fresh(id),
    item: Stock.existing(subject),
  }),
  decide: ({ subject: sku, data: { delta, reason } }, { adjustment, item }, { now }) => {
    if (item === undefined) return refused('item_not_found', `There is no item ${sku}`);
    if (adjustment.madeAt !== null) {
      const same = adjustment.sku === sku && adjustment.delta === delta && adjustment.reason === reason;
      if (same) return accepted(item, outcome('repeated'));
      return refused('idempotency_key_reused', 'This Idempotency-Key was used for another adjustment');
    }
    if (item.available + delta < 0) {
      return refused('insufficient_stock', `Only ${item.available} units are available to take away`);
    }
    item.available += delta;
    item.onHand += delta;
    change(adjustment, { sku, delta, reason, madeAt: now });
    return accepted(item, outcome('adjusted'));
  },
});
