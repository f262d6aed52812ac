import { Type } from '@sinclair/typebox';
import type { Metrics } from '../telemetry/index.js';
import { healthOperations, healthRoutes, type ReadinessCheck, type WorkKind } from './health.js';
import { type ApiInfo, openApi } from './openapi.js';
import type { Operation, Route } from './route.js';

const metricsOperation = {
  method: 'get',
  path: '/metrics',
  summary: 'Metrics in the Prometheus text format',
  response: { status: 200, description: 'All metrics', schema: Type.String(), contentType: 'text/plain' },
} satisfies Operation;

const documentOperation = {
  method: 'get',
  path: '/openapi.json',
  summary: 'This document',
  response: { status: 200, description: 'OpenAPI 3.1', schema: Type.Object({}) },
} satisfies Operation;

/** A service's OpenAPI document: its own routes and what every service answers. Needs no running service. */
export function apiDocument(info: ApiInfo, routes: readonly Operation[], needed: readonly WorkKind[]) {
  const { live, ready } = healthOperations(needed);
  return openApi(info, [...routes, live, ready, metricsOperation, documentOperation]);
}

interface Probed {
  readonly metrics: Metrics;
  readonly checks: readonly ReadinessCheck[];
  readonly needed: readonly WorkKind[];
}

/** What every service answers besides its own routes. */
export function commonRoutes({ metrics, checks, needed }: Probed, document: string): Route<unknown>[] {
  return [
    ...healthRoutes(checks, needed),
    {
      ...metricsOperation,
      run: async (call) => call.text(200, await metrics.text(), { 'content-type': metrics.contentType }),
    },
    { ...documentOperation, run: (call) => call.text(200, document) },
  ];
}
