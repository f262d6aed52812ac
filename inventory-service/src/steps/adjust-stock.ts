import { accepted, refused, step } from '@quickstep/shared/pipeline';
import { inventory } from '../choreography.js';
import { Stock } from '../db/tables.js';

export const adjustStock = step(inventory, 'adjustStock', {
  rows: ({ subject }) => ({ item: Stock.existing(subject) }),
  decide: ({ subject, data }, { item }) => {
    if (item === undefined) return refused('not-found', 'item_not_found', `There is no item ${subject}`);
    if (item.available + data.delta < 0) {
      return refused('conflict', 'insufficient_stock', `Only ${item.available} units are available to take away`);
    }
    item.available += data.delta;
    item.onHand += data.delta;
    return accepted(item);
  },
});
