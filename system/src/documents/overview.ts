import type { ServiceName } from '../services.js';
import { type EventModel, onlyRecords, type SystemModel, servicesOf } from './model.js';
import type { Forward } from './walk.js';

interface Flow {
  readonly from: ServiceName;
  readonly type: string;
  readonly to: readonly ServiceName[];
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
export function overview({ events }: SystemModel, { types }: Forward): string {
  const flows = events.filter(({ contract }) => contract.subject === 'orderId').flatMap(flowsOf);
  const line = ({ from, type, to }: Flow) =>
    types.has(type) ? `  ${from} -->|"${type}"| ${to.join(' & ')}` : `  ${from} -.->|"${type}"| ${to.join(' & ')}`;
  const ahead = flows.filter(({ type }) => types.has(type));
  const back = flows.filter(({ type }) => !types.has(type));
  return ['flowchart LR', ...[...ahead, ...back].map(line), ''].join('\n');
}
