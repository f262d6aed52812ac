import { readConfig } from '@quickstep/shared/config';

/** What is particular to this service's configuration. */
export const inventoryDefaults = {
  service: 'inventory-service',
  port: 3002,
};

/** @throws ConfigError naming every variable that is missing or wrong */
export const inventoryConfig = (env?: NodeJS.ProcessEnv) => readConfig(inventoryDefaults, env);
