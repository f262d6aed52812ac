import type { MigrationInterface } from 'typeorm';
import type { Choreography } from '../choreography/index.js';
import type { Defaults, Variables } from '../config/index.js';
import { type ApiInfo, apiDocument, type Operation, type WorkKind } from '../http/index.js';
import type { Table } from '../rows/index.js';
import type { GaugeValue, MetricDefinition } from '../telemetry/index.js';
import { inboxDigestOperation, inboxOperation } from './parts/inbox.js';
import { logOperation } from './parts/log.js';
import type { Resources } from './resources.js';

/** A metric that only this service has. A gauge may say how it is read; whatever else it is, the service counts it itself. */
export interface ServiceMetric extends MetricDefinition {
  readonly read?: (resources: Resources) => GaugeValue | Promise<GaugeValue>;
}

/** What is true of a service whether or not it runs: documents are made of it. */
export interface ServiceDescription {
  /** One sentence. */
  readonly description: string;
  /** Of its package. */
  readonly version?: string;
  readonly defaults: Defaults<Variables>;
  readonly tables: readonly Table[];
  /** The service's own; the kit's come before them. */
  readonly migrations: readonly (new () => MigrationInterface)[];
  readonly routes: readonly Operation[];
  readonly metrics?: readonly ServiceMetric[];
}

/**
 * A service that takes commands is of use to its clients without a broker, as its outbox accepts, and so is one that takes no part in any
 * saga; any other has nothing to do.
 */
export function neededBy({ steps }: Choreography): readonly WorkKind[] {
  const kinds = Object.values(steps).map(({ kind }) => kind);
  const onlyConsumes = !kinds.includes('command') && (kinds.includes('event') || kinds.includes('observer'));
  return onlyConsumes ? ['commands', 'consuming'] : ['commands'];
}

export function apiInfo(
  service: string,
  { description, version = '0.0.0' }: Pick<ServiceDescription, 'description' | 'version'>,
): ApiInfo {
  return { title: service, version, description };
}

/** The OpenAPI document that the service answers with when it runs. */
export function apiDocumentOf(choreography: Choreography, described: ServiceDescription) {
  return apiDocument(
    apiInfo(choreography.service, described),
    [...described.routes, logOperation, inboxOperation, inboxDigestOperation],
    neededBy(choreography),
  );
}
