import { type Choreography, emittedIn, isPossible, reactsTo, type StepDeclaration } from '@quickstep/shared/choreography';
import { serviceVariables, type Variable } from '@quickstep/shared/config';
import type { EventContract } from '@quickstep/shared/events';
import type { Operation } from '@quickstep/shared/http';
import { apiDocumentOf } from '@quickstep/shared/service';
import { definitions, type MetricDefinition } from '@quickstep/shared/telemetry';
import { type ServiceName, serviceNames, services } from '../services.js';

type Json = Readonly<Record<string, unknown>>;

/** A step and the service that it belongs to. */
export interface StepModel {
  readonly service: ServiceName;
  readonly name: string;
  readonly declared: StepDeclaration;
}

export interface ServiceModel {
  /** The short name: `order`. */
  readonly name: ServiceName;
  readonly description: string;
  readonly choreography: Choreography;
  readonly port: number;
  readonly database: string;
  readonly steps: readonly StepModel[];
  readonly tables: Awaited<ReturnType<(typeof services)[ServiceName]['describe']>>['tables'];
  /** Its own; what every service answers is not among them. */
  readonly routes: readonly Operation[];
  readonly openApi: Json;
  /** Variables that only this service has. */
  readonly variables: readonly Variable<unknown>[];
  /** Metrics that only this service has. */
  readonly metrics: readonly MetricDefinition[];
}

export interface Emission {
  readonly step: StepModel;
  readonly outcome: string;
}

export interface EventModel {
  readonly contract: EventContract;
  readonly emissions: readonly Emission[];
  readonly consumers: readonly StepModel[];
}

/** The whole system as documents see it. Everything is in the order of the declarations. */
export interface SystemModel {
  readonly services: readonly ServiceModel[];
  readonly events: readonly EventModel[];
  /** Variables of every service, with the port of none. */
  readonly variables: readonly Variable<unknown>[];
  readonly metrics: readonly MetricDefinition[];
}

async function serviceModel(name: ServiceName): Promise<ServiceModel> {
  const { choreography, port, database, describe } = services[name];
  const described = await describe();
  const { description, tables, routes, defaults, metrics = [] } = described;
  const steps = Object.entries(choreography.steps).map(([step, declared]) => ({ service: name, name: step, declared }));
  return {
    name,
    description,
    choreography,
    port,
    database,
    steps,
    tables,
    routes,
    openApi: apiDocumentOf(choreography, described),
    variables: Object.values(defaults.own ?? {}),
    metrics,
  };
}

const emissionsOf = (step: StepModel) =>
  Object.entries(step.declared.outcomes).flatMap(([outcome, declared]) =>
    emittedIn(declared).map((contract) => ({ contract, emission: { step, outcome } })),
  );

function eventModels(steps: readonly StepModel[]): EventModel[] {
  const emitted = steps.flatMap(emissionsOf);
  const contracts = new Set([...emitted.map(({ contract }) => contract), ...steps.flatMap(({ declared }) => reactsTo(declared))]);
  return [...contracts].map((contract) => ({
    contract,
    emissions: emitted.filter((each) => each.contract === contract).map(({ emission }) => emission),
    consumers: steps.filter(({ declared }) => reactsTo(declared).includes(contract)),
  }));
}

export async function systemModel(): Promise<SystemModel> {
  const all = await Promise.all(serviceNames.map(serviceModel));
  const common = Object.values(serviceVariables({ service: '<service>', port: 0 }));
  return {
    services: all,
    events: eventModels(all.flatMap(({ steps }) => steps)),
    variables: common.map((each) => (each.name === 'PORT' ? { ...each, fallback: "the service's own" } : each)),
    metrics: Object.values(definitions),
  };
}

/** The services among these steps, each once. */
export function servicesOf(steps: readonly StepModel[]): ServiceName[] {
  return [...new Set(steps.map(({ service }) => service))];
}

/** A step of many events that emits nothing after this one only keeps a record. */
export function onlyRecords({ declared }: StepModel, { contract }: EventModel): boolean {
  if (reactsTo(declared).length === 1) return false;
  return Object.values(declared.outcomes).every((each) => !isPossible(each, contract) || emittedIn(each).length === 0);
}

/** `reserveStock` as people read it; `chargePayment.declined` is told as `charge payment: declined`. */
export function inWords(name: string): string {
  return name.replace('.', ': ').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
