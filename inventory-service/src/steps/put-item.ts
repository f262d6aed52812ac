import { accepted, outcome, refused, step } from '@quickstep/shared/choreography';
import { InventoryItemChanged } from '@quickstep/shared/contracts';
import { change } from '@quickstep/shared/rows';
import { inventory } from '../choreography.js';
import { Stock } from '../db/tables.js';

export const putItem = step(inventory, 'putItem', {
  rows: ({ subject }) => ({ item: Stock.fresh(subject) }),
  decide: ({ data }, { item }) => {
    const { name, unitPrice, currency, onHand = item.onHand } = data;
    if (onHand < item.reserved) {
      return refused('stock_reserved', `${item.reserved} units are reserved for orders; there cannot be fewer on hand`);
    }
    const created = item.revision === 0;
    const shown = item.name !== name || item.unitPrice !== unitPrice || item.currency !== currency;
    change(item, { name, unitPrice, currency, onHand, available: onHand - item.reserved });
    if (!created && !shown) return accepted({ item, created }, outcome('stockSet'));
    item.revision += 1;
    const changed = InventoryItemChanged({ sku: item.sku, name, unitPrice, currency, revision: item.revision });
    return accepted({ item, created }, created ? outcome('created', changed) : outcome('changed', changed));
  },
});
