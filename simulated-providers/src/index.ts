export type { Ledger } from './ledger.js';
export { LedgerTables1760000000000 } from './ledger-migration.js';
export { PgLedger } from './pg-ledger.js';
export { simulated } from './simulated.js';
