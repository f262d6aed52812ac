import { readConfig } from '@quickstep/shared/config';

/** What is particular to this service's configuration. */
export const notificationDefaults = {
  service: 'notification-service',
  port: 3005,
};

/** @throws ConfigError naming every variable that is missing or wrong */
export const notificationConfig = (env?: NodeJS.ProcessEnv) => readConfig(notificationDefaults, env);
