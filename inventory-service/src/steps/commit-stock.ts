import { outcome, Permanent, step } from '@quickstep/shared/choreography';
import { inventory } from '../choreography.js';
import { Reservations, Stock } from '../db/tables.js';
import { commit } from '../domain/stock.js';

/** The parcel is gone: what was set aside for it leaves the books. */
export const commitStock = step(inventory, 'commitStock', {
  rows: ({ data }) => ({
    reservation: Reservations.fresh(data.orderId),
    stock: Stock.existing(data.items.map((line) => line.sku)),
  }),
  decide: (_event, { reservation, stock }) => {
    if (reservation.status === 'committed') return outcome('repeated');
    if (reservation.status !== 'reserved') throw new Permanent(`Shipped, although its stock is ${reservation.status}`);
    commit(stock, reservation.items);
    reservation.status = 'committed';
    return outcome('committed');
  },
});
