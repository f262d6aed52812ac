export { arrayLiteral } from './array-literal.js';
export { PgBindingRecord, QueueDeclarations1760000000000 } from './binding-record.js';
export { Session } from './connection.js';
export { createDataSource, type DataSourceOptions, migrate } from './data-source.js';
export { ensureDatabase } from './database.js';
export { translate } from './errors.js';
export type { Statement } from './exchange.js';
export { KitTables1760000000000 } from './kit-migration.js';
export { PgStore } from './pg-store.js';
