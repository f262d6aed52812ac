import { keep } from '@quickstep/shared/db';
import { packageVersion, type ServiceDescription, startService } from '@quickstep/shared/service';
import { recordingMailer } from './adapters/recording-mailer.js';
import { type notificationConfig, notificationDefaults } from './config.js';
import { CreateNotifications1760000000001 } from './db/migrations.js';
import { Notifications } from './db/tables.js';
import type { Mailer } from './domain/mailer.js';
import { notificationRoutes } from './http/routes.js';
import { notificationSteps } from './steps/index.js';

export { notificationConfig } from './config.js';
export type { Mailer } from './domain/mailer.js';

/** What is true of it whether or not it runs. */
export const notificationDescription = {
  description: 'Tells customers how their orders ended',
  version: packageVersion(__dirname),
  defaults: notificationDefaults,
  tables: [Notifications],
  migrations: [CreateNotifications1760000000001],
  routes: notificationRoutes,
} satisfies ServiceDescription;

/** @param mailer what the messages are sent with; by default they are recorded only */
export function startNotificationService(config: ReturnType<typeof notificationConfig>, mailer: Mailer = recordingMailer) {
  return startService({
    config,
    ...notificationDescription,
    implementation: () => notificationSteps(mailer),
    retention: [keep(Notifications, 'createdAt', config.recordRetentionDays)],
  });
}
