import { emittedIn, isPossible, reactsTo } from '@quickstep/shared/choreography';
import type { ServiceName } from '../services.js';
import { type EventModel, type StepModel, type SystemModel, servicesOf } from './model.js';

interface Flow {
  readonly from: ServiceName;
  readonly type: string;
  readonly to: readonly ServiceName[];
}

/** A step of many events that emits nothing after this one only keeps a record. */
function onlyRecords({ declared }: StepModel, { contract }: EventModel): boolean {
  if (reactsTo(declared).length === 1) return false;
  return Object.values(declared.outcomes).every((each) => !isPossible(each, contract) || emittedIn(each).length === 0);
}

function flowsOf(event: EventModel): Flow[] {
  const to = servicesOf(event.consumers.filter((step) => !onlyRecords(step, event)));
  if (to.length === 0) return [];
  return servicesOf(event.emissions.map(({ step }) => step)).map((from) => ({ from, type: event.contract.type, to }));
}

/**
 * The saga among services, as Mermaid's flowchart: what carries it forward, and what undoes it (dotted). What is not about an order, and
 * what only keeps records, is left out.
 */
export function overview({ events }: SystemModel, forward: ReadonlySet<string>): string {
  const flows = events.filter(({ contract }) => contract.subject === 'orderId').flatMap(flowsOf);
  const line = ({ from, type, to }: Flow) =>
    forward.has(type) ? `  ${from} -- ${type} --> ${to.join(' & ')}` : `  ${from} -. ${type} .-> ${to.join(' & ')}`;
  const ahead = flows.filter(({ type }) => forward.has(type));
  const back = flows.filter(({ type }) => !forward.has(type));
  return ['flowchart LR', ...[...ahead, ...back].map(line), ''].join('\n');
}
