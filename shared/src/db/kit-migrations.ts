import { QueueDeclarations1760000000000 } from './binding-record.js';
import { InstallationSecret1764000000000 } from './installation-secret.js';
import { KitTables1760000000000 } from './kit-migration.js';

/** Make the kit's own tables in the database of every service; they come before the service's own. */
export const kitMigrations = [KitTables1760000000000, QueueDeclarations1760000000000, InstallationSecret1764000000000];
