import { DEFAULT_RETRY_DELAYS, topologyOf } from '@quickstep/shared/choreography';
import { type BrokerDefinitions, brokerDefinitions, type DefinitionOptions, type Holder } from '@quickstep/shared/rights';
import { serviceNames, services } from '../services.js';

/** The services of the system, as far as their rights go. @param retryDelays as `RETRY_DELAYS_MS` has them */
export function holders(retryDelays: readonly number[] = DEFAULT_RETRY_DELAYS): Holder[] {
  return serviceNames.map((name) => {
    const { choreography, furtherRights } = services[name];
    return { topology: topologyOf(choreography, retryDelays), ...(furtherRights && { further: furtherRights }) };
  });
}

/** The broker definitions of the whole system. */
export function systemDefinitions(options: DefinitionOptions & { readonly retryDelays?: readonly number[] }): BrokerDefinitions {
  return brokerDefinitions(holders(options.retryDelays), options);
}
