import { type Adapter, packageVersion, type ServiceDescription, startService } from '@quickstep/shared/service';
import { simulated } from '@quickstep/simulated-providers';
import { gatewayOver } from './adapters/simulated-gateway.js';
import { type PaymentConfig, paymentDefaults } from './config.js';
import { CreatePayments1760000000001 } from './db/migrations.js';
import { Payments } from './db/tables.js';
import type { PaymentGateway } from './domain/gateway.js';
import { paymentRoutes } from './http/routes.js';
import { paymentSteps } from './steps/index.js';

export { paymentConfig } from './config.js';
export type { ChargeOutcome, PaymentGateway, RefundOutcome } from './domain/gateway.js';

export const simulatedGateway = simulated('gateway', gatewayOver);

/** What the money is moved with: name your own here (docs/connecting-providers.md). */
const usedGateway: Adapter<PaymentGateway, PaymentConfig> = simulatedGateway;

const described = ({ migrations = [] }: Adapter<PaymentGateway, PaymentConfig>) =>
  ({
    description: 'Charges orders and gives the money back',
    version: packageVersion(__dirname),
    defaults: paymentDefaults,
    tables: [Payments],
    migrations: [...migrations, CreatePayments1760000000001],
    routes: paymentRoutes,
  }) satisfies ServiceDescription;

/** What is true of it whether or not it runs. */
export const paymentDescription = described(usedGateway);

/** @param gateway for tests: what else the money is moved with */
export function startPaymentService(config: PaymentConfig, gateway = usedGateway) {
  return startService({
    config,
    ...described(gateway),
    implementation: (resources) => paymentSteps(gateway.connect(resources, config)),
    retention: gateway.retention?.(config.recordRetentionDays) ?? [],
  });
}
