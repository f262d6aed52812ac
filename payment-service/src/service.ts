import { LedgerTables1760000000000, ledgerRetention, PgLedger } from '@quickstep/shared/providers';
import { type Resources, type ServiceDescription, startService } from '@quickstep/shared/service';
import { type GatewayAnswer, SimulatedGateway } from './adapters/simulated-gateway.js';
import { type paymentConfig, paymentDefaults } from './config.js';
import { CreatePayments1760000000001 } from './db/migrations.js';
import { Payments } from './db/tables.js';
import type { PaymentGateway } from './domain/gateway.js';
import { paymentRoutes } from './http/routes.js';
import { paymentSteps } from './steps/index.js';

export { paymentConfig } from './config.js';
export type { ChargeOutcome, PaymentGateway, RefundOutcome } from './domain/gateway.js';

/** The built-in gateway. */
export function simulatedGateway({ dataSource, onStop }: Resources): PaymentGateway {
  const ledger = new PgLedger<GatewayAnswer>(dataSource);
  onStop('gateway', () => ledger.close());
  return new SimulatedGateway(ledger);
}

/** What is true of it whether or not it runs. */
export const paymentDescription = {
  description: 'Charges orders and gives the money back',
  defaults: paymentDefaults,
  tables: [Payments],
  migrations: [LedgerTables1760000000000, CreatePayments1760000000001],
  routes: paymentRoutes,
} satisfies ServiceDescription;

/** @param connectGateway what the money is moved with; the built-in gateway unless given */
export function startPaymentService(config: ReturnType<typeof paymentConfig>, connectGateway = simulatedGateway) {
  return startService({
    config,
    ...paymentDescription,
    implementation: (resources) => paymentSteps(connectGateway(resources)),
    retention: ledgerRetention(config.recordRetentionDays),
  });
}
