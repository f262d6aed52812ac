import { implement } from '@quickstep/shared/choreography';
import { notification } from '../choreography.js';
import type { Mailer } from '../domain/mailer.js';
import { notifyCustomer } from './notify-customer.js';

export const notificationSteps = (mailer: Mailer) => implement(notification, [notifyCustomer(mailer)]);
