import { readConfig } from '@quickstep/shared/config';

/** @throws ConfigError naming every variable that is missing or wrong */
export const shippingConfig = (env?: NodeJS.ProcessEnv) => readConfig({ service: 'shipping-service', port: 3004 }, env);
