import type { Implementation } from '@quickstep/shared/choreography';
import type { Delivery, NewId, Publisher, Store } from '@quickstep/shared/pipeline';
import type { GatewayLedger, Providers } from './providers.js';

/** Wraps the ports and steps of every process: how tests plant bugs without touching a file. */
export interface Tampering {
  steps(implementation: Implementation): Implementation;
  store(store: Store): Store;
  publisher(publisher: Publisher): Publisher;
  delivery(delivery: Delivery): Delivery;
  providers(providers: Providers, newId: NewId): Providers;
  /** What the gateway remembers. */
  gatewayLedger(ledger: GatewayLedger): GatewayLedger;
}

/** Production as it is. */
export const untouched: Tampering = {
  steps: (implementation) => implementation,
  store: (store) => store,
  publisher: (publisher) => publisher,
  delivery: (delivery) => delivery,
  providers: (providers) => providers,
  gatewayLedger: (ledger) => ledger,
};
