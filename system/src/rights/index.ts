import { choreography, DEFAULT_RETRY_DELAYS, topologyOf } from '@quickstep/shared/choreography';
import { type BrokerDefinitions, brokerDefinitions, type DefinitionOptions, type Holder } from '@quickstep/shared/rights';
import { operations } from '../operations.js';
import { serviceNames, services } from '../services.js';

/** The operator's service, which cannot be imported here, takes no part in any saga: a test compares this with its own declaration. */
const ofOperations = { choreography: choreography(operations.service, {}), furtherRights: operations.furtherRights };

/** The services of the system, as far as their rights go. @param retryDelays as `RETRY_DELAYS_MS` has them */
export function holders(retryDelays: readonly number[] = DEFAULT_RETRY_DELAYS): Holder[] {
  return [...serviceNames.map((name) => services[name]), ofOperations].map(({ choreography: declared, furtherRights }) => ({
    topology: topologyOf(declared, retryDelays),
    ...(furtherRights && { further: furtherRights }),
  }));
}

/** The broker definitions of the whole system. */
export function systemDefinitions(options: DefinitionOptions & { readonly retryDelays?: readonly number[] }): BrokerDefinitions {
  return brokerDefinitions(holders(options.retryDelays), options);
}
