import { choreography, DEFAULT_RETRY_DELAYS, topologyOf } from '@quickstep/shared/choreography';
import { type BrokerDefinitions, brokerDefinitions, type DefinitionOptions, type Holder } from '@quickstep/shared/rights';
import { operations } from '../operations.js';
import { serviceNames, services } from '../services.js';

/** The operator's service cannot be imported here: a test compares this with its own declaration. */
const ofOperations = {
  choreography: choreography(operations.service, { tell: { timer: 'what it finds', outcomes: { told: operations.emits } } }),
  furtherRights: operations.furtherRights,
};

/** Settings of the services of which the topology depends. */
export interface TopologySettings {
  /** As `RETRY_DELAYS_MS` has them. */
  readonly retryDelays?: readonly number[];
  /** Whether `EVENT_STREAM` is on. */
  readonly streamed?: boolean;
}

/** The services of the system, as far as their rights go. */
export function holders({ retryDelays = DEFAULT_RETRY_DELAYS, streamed = false }: TopologySettings = {}): Holder[] {
  return [...serviceNames.map((name) => services[name]), ofOperations].map(({ choreography: declared, furtherRights }) => ({
    topology: topologyOf(declared, retryDelays, streamed),
    ...(furtherRights && { further: furtherRights }),
  }));
}

/** The broker definitions of the whole system. */
export function systemDefinitions(options: DefinitionOptions & TopologySettings): BrokerDefinitions {
  return brokerDefinitions(holders(options), options);
}
