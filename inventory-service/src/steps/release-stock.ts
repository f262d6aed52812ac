import { outcome, Permanent, step } from '@quickstep/shared/choreography';
import { InventoryReleased } from '@quickstep/shared/contracts';
import { inventory } from '../choreography.js';
import { Reservations, Stock } from '../db/tables.js';
import { release } from '../domain/stock.js';

/** Undoes `reserveStock`. When it comes first, the released row that it leaves behind stops the late reservation. */
export const releaseStock = step(inventory, 'releaseStock', {
  rows: ({ data }) => ({
    reservation: Reservations.fresh(data.orderId),
    stock: Stock.existing(data.items.map((line) => line.sku)),
  }),
  decide: ({ data }, { reservation, stock }) => {
    if (reservation.status === 'released') return outcome('repeated');
    if (reservation.status === 'committed') throw new Permanent('The stock has left the warehouse and cannot be released');
    if (reservation.status === 'reserved') release(stock, reservation.items);
    reservation.status = 'released';
    return outcome('released', InventoryReleased({ orderId: data.orderId, reason: data.reason }));
  },
});
