import { choreography } from '@quickstep/shared/choreography';
import { AnalyticsAlertRaised } from '@quickstep/shared/contracts';

/** Operations takes no part in any saga: it reads the services' logs, acts for the operator, and tells what it finds in them. */
export const operations = choreography('operations-service', {
  raiseAlert: {
    timer: 'the moment in which a pattern was found',
    outcomes: { raised: [AnalyticsAlertRaised] },
  },
});
