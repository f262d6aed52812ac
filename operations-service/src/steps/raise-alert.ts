import { due, outcome, timerStep } from '@quickstep/shared/choreography';
import { AnalyticsAlertRaised } from '@quickstep/shared/contracts';
import { change } from '@quickstep/shared/rows';
import { operations } from '../choreography.js';
import { Alerts } from '../db/tables.js';

/** Tells everybody of an alert, once: the row is no longer due when the event is in the outbox. */
export const raiseAlert = timerStep(operations, 'raiseAlert', {
  due: due(Alerts, 'raiseAt'),
  decide: (_firing, { due: alert }, { now }) => {
    change(alert, { raiseAt: null, raisedAt: now });
    const { id, pattern, key, detail, happenedAt } = alert;
    const happened = (happenedAt ?? now).toISOString();
    return outcome('raised', AnalyticsAlertRaised({ alertId: id, pattern, key, detail, happenedAt: happened }));
  },
});
