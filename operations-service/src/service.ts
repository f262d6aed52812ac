import { keep } from '@quickstep/shared/db';
import type { ReadContext } from '@quickstep/shared/http';
import { type Part, packageVersion, type Resources, type ServiceDescription, startService } from '@quickstep/shared/service';
import { Access } from './access/index.js';
import { analysingPart, analyticsMetrics } from './analytics/analysing.js';
import { patterns, windows } from './analytics/index.js';
import { Analytics1760000000003 } from './analytics/migration.js';
import {
  Archive,
  Archive1760000000001,
  Arrivals,
  archiveMetrics,
  followingPart,
  LiveEvents,
  RecentEvents,
} from './archive/index.js';
import { type operationsConfig, operationsDefaults } from './config.js';
import { deadLetterMigrations } from './db/dead-letter-migration.js';
import { deadLetterRetention } from './db/dead-letter-retention.js';
import { Alerts, Joins, PatternStates, WindowResults } from './db/tables.js';
import { openBreaker } from './dead-letters/breakers.js';
import { deadLettersPart, INDEXED, OLDEST } from './dead-letters/dead-letters-part.js';
import { Inboxes } from './dead-letters/inboxes.js';
import { lostDeliveriesPart, RESENT } from './dead-letters/lost-deliveries-part.js';
import { eventText } from './http/event-routes.js';
import { operationsRoutes } from './http/routes.js';
import { OrderService } from './order-service.js';
import { Projections, Projections1760000000002, projectionMetrics, projectionsPart } from './projections/index.js';
import { projections } from './read-models/index.js';
import { operationsSteps } from './steps/index.js';

export { operationsConfig } from './config.js';

const readModels = projections.flatMap(({ tables }) => tables.map(({ table }) => table));

/** What is true of it whether or not it runs. */
export const operationsDescription = {
  description: "The operator's view of all services, and what an operator may do",
  version: packageVersion(__dirname),
  defaults: operationsDefaults,
  tables: [...readModels, Alerts],
  migrations: [Archive1760000000001, Projections1760000000002, Analytics1760000000003, ...deadLetterMigrations],
  routes: operationsRoutes(new Access(undefined)),
  metrics: [...archiveMetrics, ...projectionMetrics, ...analyticsMetrics, INDEXED, OLDEST, { ...RESENT, labelNames: ['to'] }],
} satisfies ServiceDescription;

type Config = ReturnType<typeof operationsConfig>;

/** What is joined or counted is of use while late events may come; the kit keeps it no shorter than it remembers events. */
const retentionOf = ({ recordRetentionDays, deadLetterRetentionDays, inboxRetentionDays }: Config) => [
  ...deadLetterRetention(deadLetterRetentionDays, inboxRetentionDays),
  keep(Joins, 'changedAt', 1),
  keep(PatternStates, 'changedAt', 1),
  keep(WindowResults, 'endsAt', recordRetentionDays),
  { table: 'resent_events', column: 'sent_at', days: recordRetentionDays },
  { ...keep(Alerts, 'happenedAt', recordRetentionDays), where: 'raise_at is null' },
];

/** Everything that runs in it; its routes read from, and act on, what is made here. */
function partsOf(config: Config, access: Access, inboxes: Inboxes, resources: Resources): readonly Part<ReadContext>[] {
  const { dataSource, clock, logger } = resources;
  const recent = new RecentEvents();
  const archive = new Archive(dataSource, recent);
  const live = new LiveEvents(archive, eventText, logger);
  const arrivals = new Arrivals(recent);
  const kept = new Projections({ projections, dataSource, archive, logger });
  const orders = new OrderService(config.serviceUrls.get('order-service'));
  const urls = config.serviceUrls;
  const judging = {
    inboxes,
    cause: (service: string, steps: readonly string[]) => openBreaker(urls, service, steps),
    inboxDays: config.inboxRetentionDays,
  };
  const letters = deadLettersPart({ config, inboxes, resources });
  const now = () => clock.now();
  const replaying = { inboxes, publish: letters.publish, inboxDays: config.inboxRetentionDays, now };
  const running = { judging, replaying, live, arrivals, urls, projections: kept, orders, now };
  const close = () => {
    live.close();
    arrivals.close();
  };
  // Without the installation's secret no service can be asked.
  const lostAfter = config.installationSecretFile === undefined ? 0 : config.lostAfter;
  const following = followingPart({ urls, config, resources, recent });
  return [
    following,
    projectionsPart(kept, { ...resources, recent }),
    analysingPart({ windows, patterns, resources, recent }),
    letters,
    lostDeliveriesPart({ ...replaying, archive, urls, lags: following.lags, lostAfterMs: lostAfter, resources }),
    { name: 'API', routes: operationsRoutes(access, running), close },
  ];
}

/** @throws StartError when the installation's secret cannot be read */
export async function startOperationsService(config: Config) {
  const access = await Access.fromFile(config.installationSecretFile);
  const inboxes = await Inboxes.open(config);
  return startService({
    config,
    ...operationsDescription,
    routes: [],
    retention: retentionOf(config),
    implementation: operationsSteps,
    parts: (resources) => partsOf(config, access, inboxes, resources),
  });
}
