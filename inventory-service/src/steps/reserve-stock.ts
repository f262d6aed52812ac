import { outcome, step } from '@quickstep/shared/choreography';
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
    if (reservation.status === 'released') return outcome('overtaken'); // the release came first
    if (reservation.status !== 'none') return outcome('repeated');
    reservation.items = data.items;
    const shortages = findShortages(stock, data.items);
    if (shortages.length > 0) {
      reservation.status = 'insufficient';
      return outcome('insufficient', InventoryInsufficient({ orderId: data.orderId, shortages }));
    }
    reserve(stock, data.items);
    reservation.status = 'reserved';
    return outcome('reserved', InventoryReserved(data));
  },
});
