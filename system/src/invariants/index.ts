/**
 * The invariants of the saga, stated once: tests, simulation, benchmark and reconciliation read them here. All are pure functions over plain rows
 * and return what is violated; nothing is imported from a service.
 *
 * At any moment: `levels` and `reservedIsHeld` (with `heldBy`) of the stock, `moved` of what the gateway did for one order, `parcelBooked` of what the
 * carrier did, `durable` of accepted orders, `traceable` of one event. Once every order has ended and nothing moves: `Audit` (pages of orders, then the stock), or its parts
 * `endedSaga` (one order, with its rows from `sagasOf`) and `atRest` (one SKU); `endedOnce` over all events. `readSnapshot`, `readPages` and `readStock` get the rows from
 * the databases.
 */

export { type Kept, logsAndArchive } from './archive.js';
export { Audit } from './audit.js';
export { type DeclaredStep, endedOnce, type TracedEvent, traceable } from './events.js';
export { heldOf, moved } from './money.js';
export { durable, endedSaga, parcelBooked } from './orders.js';
export { type Answered, type Ask, providersOf, readPages, readSnapshot, readStock } from './read.js';
export { type Rule, rules, textOf, type Violation } from './rules.js';
export * from './snapshot.js';
export { atRest, heldBy, levels, reservedIsHeld, type Units } from './stock.js';
