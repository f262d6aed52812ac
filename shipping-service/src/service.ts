import { LedgerTables1760000000000, ledgerRetention, PgLedger } from '@quickstep/shared/providers';
import { type Resources, type ServiceDescription, startService } from '@quickstep/shared/service';
import { type CarrierAnswer, SimulatedCarrier } from './adapters/simulated-carrier.js';
import { type shippingConfig, shippingDefaults } from './config.js';
import { CreateShipments1760000000001 } from './db/migrations.js';
import { Shipments } from './db/tables.js';
import type { Carrier } from './domain/carrier.js';
import { shippingRoutes } from './http/routes.js';
import { shippingSteps } from './steps/index.js';

export { shippingConfig } from './config.js';
export type { BookingOutcome, Carrier } from './domain/carrier.js';

/** The built-in carrier. */
export function simulatedCarrier({ dataSource, onStop }: Resources): Carrier {
  const ledger = new PgLedger<CarrierAnswer>(dataSource);
  onStop('carrier', () => ledger.close());
  return new SimulatedCarrier(ledger);
}

/** What is true of it whether or not it runs. */
export const shippingDescription = {
  description: 'Hands parcels to the carrier',
  defaults: shippingDefaults,
  tables: [Shipments],
  migrations: [LedgerTables1760000000000, CreateShipments1760000000001],
  routes: shippingRoutes,
} satisfies ServiceDescription;

/** @param connectCarrier what the parcels are moved with; the built-in carrier unless given */
export function startShippingService(config: ReturnType<typeof shippingConfig>, connectCarrier = simulatedCarrier) {
  return startService({
    config,
    ...shippingDescription,
    implementation: (resources) => shippingSteps(connectCarrier(resources)),
    retention: ledgerRetention(config.recordRetentionDays),
  });
}
