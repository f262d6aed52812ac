import { type Adapter, packageVersion, type ServiceDescription, startService } from '@quickstep/shared/service';
import { simulated } from '@quickstep/simulated-providers';
import { carrierOver } from './adapters/simulated-carrier.js';
import { type ShippingConfig, shippingDefaults } from './config.js';
import { CreateShipments1760000000001 } from './db/migrations.js';
import { Shipments } from './db/tables.js';
import type { Carrier } from './domain/carrier.js';
import { shippingRoutes } from './http/routes.js';
import { shippingSteps } from './steps/index.js';

export { shippingConfig } from './config.js';
export type { BookingOutcome, Carrier } from './domain/carrier.js';

export const simulatedCarrier = simulated('carrier', carrierOver);

/** What the parcels are moved with: name your own here (docs/connecting-providers.md). */
const usedCarrier: Adapter<Carrier, ShippingConfig> = simulatedCarrier;

const described = ({ migrations = [] }: Adapter<Carrier, ShippingConfig>) =>
  ({
    description: 'Hands parcels to the carrier',
    version: packageVersion(__dirname),
    defaults: shippingDefaults,
    tables: [Shipments],
    migrations: [...migrations, CreateShipments1760000000001],
    routes: shippingRoutes,
  }) satisfies ServiceDescription;

/** What is true of it whether or not it runs. */
export const shippingDescription = described(usedCarrier);

/** @param carrier for tests: what else the parcels are moved with */
export function startShippingService(config: ShippingConfig, carrier = usedCarrier) {
  return startService({
    config,
    ...described(carrier),
    implementation: (resources) => shippingSteps(carrier.connect(resources, config)),
    retention: carrier.retention?.(config.recordRetentionDays) ?? [],
  });
}
