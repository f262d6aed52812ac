export { createDataSource, type DataSourceOptions, migrate } from './data-source.js';
export { ensureDatabase } from './database.js';
export { translate } from './errors.js';
export { KitTables1760000000000 } from './kit-migration.js';
export type { Ledger } from './ledger.js';
export { LedgerTables1760000000000 } from './ledger-migration.js';
export { PgLedger } from './pg-ledger.js';
export { PgStore } from './pg-store.js';
