import { integer, readConfig } from '@quickstep/shared/config';

/** What is particular to this service's configuration. */
export const orderDefaults = {
  service: 'order-service',
  port: 3001,
  own: {
    orderDeadline: integer('ORDER_DEADLINE_MS', 'How long a saga may take before its order is cancelled', { fallback: '900000' }),
  },
};

/** @throws ConfigError naming every variable that is missing or wrong */
export const orderConfig = (env?: NodeJS.ProcessEnv) => readConfig(orderDefaults, env);
