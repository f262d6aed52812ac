import { startService } from '@quickstep/shared/service';
import { recordingMailer } from './adapters/recording-mailer.js';
import type { notificationConfig } from './config.js';
import { CreateNotifications1760000000001 } from './db/migrations.js';
import { Notifications } from './db/tables.js';
import type { Mailer } from './domain/mailer.js';
import { notificationRoutes } from './http/routes.js';
import { notificationSteps } from './steps/index.js';

export { notificationConfig } from './config.js';
export type { Mailer } from './domain/mailer.js';

/** @param mailer what the messages are sent with; by default they are recorded only */
export function startNotificationService(config: ReturnType<typeof notificationConfig>, mailer: Mailer = recordingMailer) {
  return startService({
    config,
    description: 'Tells customers how their orders ended',
    tables: [Notifications],
    migrations: [CreateNotifications1760000000001],
    implementation: () => notificationSteps(mailer),
    routes: notificationRoutes,
    retention: [{ table: 'notifications', column: 'created_at', days: config.recordRetentionDays }],
  });
}
