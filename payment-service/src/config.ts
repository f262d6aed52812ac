import { readConfig } from '@quickstep/shared/config';

/** @throws ConfigError naming every variable that is missing or wrong */
export const paymentConfig = (env?: NodeJS.ProcessEnv) => readConfig({ service: 'payment-service', port: 3003 }, env);
