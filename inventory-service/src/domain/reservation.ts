import type { OrderLine } from '@quickstep/shared/contracts';

/**
 * What inventory did for one order. The first of reservation and release to arrive creates the row, and both lock it: once
 * `released`, a reservation that comes late does nothing.
 */
export type Reservation = {
  readonly orderId: string;
  status: 'none' | 'reserved' | 'insufficient' | 'released' | 'committed';
  items: readonly OrderLine[];
};
