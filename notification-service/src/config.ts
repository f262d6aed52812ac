import { readConfig } from '@quickstep/shared/config';

/** @throws ConfigError naming every variable that is missing or wrong */
export const notificationConfig = (env?: NodeJS.ProcessEnv) => readConfig({ service: 'notification-service', port: 3005 }, env);
