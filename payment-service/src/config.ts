import { readConfig } from '@quickstep/shared/config';

/** What is particular to this service's configuration. */
export const paymentDefaults = {
  service: 'payment-service',
  port: 3003,
};

/** @throws ConfigError naming every variable that is missing or wrong */
export const paymentConfig = (env?: NodeJS.ProcessEnv) => readConfig(paymentDefaults, env);

export type PaymentConfig = ReturnType<typeof paymentConfig>;
