import { readConfig } from '@quickstep/shared/config';

/** What is particular to this service's configuration. */
export const shippingDefaults = {
  service: 'shipping-service',
  port: 3004,
};

/** @throws ConfigError naming every variable that is missing or wrong */
export const shippingConfig = (env?: NodeJS.ProcessEnv) => readConfig(shippingDefaults, env);

export type ShippingConfig = ReturnType<typeof shippingConfig>;
