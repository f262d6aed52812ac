import { readConfig } from '@quickstep/shared/config';

/** @throws ConfigError naming every variable that is missing or wrong */
export const inventoryConfig = (env?: NodeJS.ProcessEnv) => readConfig({ service: 'inventory-service', port: 3002 }, env);
