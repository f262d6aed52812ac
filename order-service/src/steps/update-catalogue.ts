import { step } from '@quickstep/shared/choreography';
import { order as declared } from '../choreography.js';
import { Catalogue } from '../db/tables.js';

export const updateCatalogue = step(declared, 'updateCatalogue', {
  rows: ({ data }) => ({ item: Catalogue.fresh(data.sku) }),
  decide: ({ data }, { item }) => {
    if (data.revision <= item.revision) return []; // a newer change overtook this one
    const { name, unitPrice, currency, revision } = data;
    Object.assign(item, { name, unitPrice, currency, revision });
    return [];
  },
});
