import { runMain } from '@quickstep/shared/service';
import { notificationConfig, startNotificationService } from './service.js';

runMain(() => startNotificationService(notificationConfig()));
