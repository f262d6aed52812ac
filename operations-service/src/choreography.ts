import { choreography } from '@quickstep/shared/choreography';

/** Operations takes no part in any saga: it reads the services' logs, and acts for the operator. */
export const operations = choreography('operations-service', {});
