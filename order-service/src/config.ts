import { integer, readConfig } from '@quickstep/shared/config';

/** @throws ConfigError naming every variable that is missing or wrong */
export function orderConfig(env?: NodeJS.ProcessEnv) {
  const orderDeadline = integer('ORDER_DEADLINE_MS', 'How long a saga may take before its order is cancelled', {
    fallback: '900000',
  });
  return readConfig({ service: 'order-service', port: 3001, own: { orderDeadline } }, env);
}
