export { arrayLiteral } from './array-literal.js';
export { Session } from './connection.js';
export { createDataSource, type DataSourceOptions, migrate } from './data-source.js';
export { ensureDatabase } from './database.js';
export { translate } from './errors.js';
export type { Statement } from './exchange.js';
export { InstallationSecret1764000000000, installationSecret } from './installation-secret.js';
export { KitTables1760000000000 } from './kit-migration.js';
export { PgStore } from './pg-store.js';
