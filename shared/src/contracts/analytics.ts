import { Type } from '@sinclair/typebox';
import { event } from '../events/index.js';
import { Reason, Word } from './fields.js';

export const AnalyticsAlertRaised = event(
  'analytics.alert_raised',
  Type.Object({
    alertId: Type.String({ format: 'uuid', maxLength: 36, description: 'Id of the alert (UUID)' }),
    pattern: Word,
    key: Type.String({
      maxLength: 512,
      description: 'Whom or what it is about: a customer, a SKU; empty when it is about everything',
    }),
    detail: Reason,
    happenedAt: Type.String({
      maxLength: 24,
      pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
      description: 'Time of the event that completed the pattern (RFC 3339, UTC)',
    }),
  }),
  {
    description: 'A pattern was found in the events of all services: somebody should look.',
    final: true,
    emitters: ['operations-service'],
  },
);
