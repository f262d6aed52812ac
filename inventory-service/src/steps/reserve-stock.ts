import { step } from '@quickstep/shared/choreography';
import { InventoryInsufficient, InventoryReserved } from '@quickstep/shared/contracts';
import { inventory } from '../choreography.js';
import { Reservations, Stock } from '../db/tables.js';
import { findShortages, reserve } from '../domain/stock.js';

export const reserveStock = step(inventory, 'reserveStock', {
  rows: ({ data }) => ({
    reservation: Reservations.fresh(data.orderId),
    stock: Stock.existing(data.items.map((line) => line.sku)),
  }),
  decide: ({ data }, { reservation, stock }) => {
    if (reservation.status !== 'none') return []; // done before, or a release overtook us
    reservation.items = data.items;
    const shortages = findShortages(stock, data.items);
    if (shortages.length > 0) {
      reservation.status = 'insufficient';
      return [InventoryInsufficient({ orderId: data.orderId, shortages })];
    }
    reserve(stock, data.items);
    reservation.status = 'reserved';
    return [InventoryReserved(data)];
  },
});
