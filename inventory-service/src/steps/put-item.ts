import { accepted, isExpected, outcome, refused, step } from '@quickstep/shared/choreography';
import { InventoryItemChanged } from '@quickstep/shared/contracts';
import { change } from '@quickstep/shared/rows';
import { inventory } from '../choreography.js';
import { Stock } from '../db/tables.js';

export const putItem = step(inventory, 'putItem', {
  rows: ({ subject }) => ({ item: Stock.fresh(subject) }),
  decide: (request, { item }) => {
    const { name, unitPrice, currency, onHand = item.onHand } = request.data;
    const created = item.revision === 0;
    if (!isExpected(request, created ? undefined : item.revision)) {
      return refused('revision_changed', created ? 'There is no such item' : `The item has revision ${item.revision}`);
    }
    if (onHand < item.reserved) {
      return refused('stock_reserved', `${item.reserved} units are reserved for orders; there cannot be fewer on hand`);
    }
    const catalogueChanged = item.name !== name || item.unitPrice !== unitPrice || item.currency !== currency;
    change(item, { name, unitPrice, currency, onHand, available: onHand - item.reserved });
    if (!created && !catalogueChanged) return accepted({ item, created }, outcome('stockSet'));
    item.revision += 1;
    const changed = InventoryItemChanged({ sku: item.sku, name, unitPrice, currency, revision: item.revision });
    return accepted({ item, created }, created ? outcome('created', changed) : outcome('changed', changed));
  },
});
