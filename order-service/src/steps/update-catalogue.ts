import { outcome, step } from '@quickstep/shared/choreography';
import { change } from '@quickstep/shared/rows';
import { order as declared } from '../choreography.js';
import { Catalogue } from '../db/tables.js';

export const updateCatalogue = step(declared, 'updateCatalogue', {
  rows: ({ data }) => ({ item: Catalogue.fresh(data.sku) }),
  decide: ({ data: { name, unitPrice, currency, revision } }, { item }) => {
    if (revision <= item.revision) return outcome('overtaken'); // a newer change came first
    change(item, { name, unitPrice, currency, revision });
    return outcome('updated');
  },
});
