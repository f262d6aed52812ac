import { reactsTo } from '@quickstep/shared/choreography';
import type { ServiceName } from '../services.js';
import { type EventModel, inWords, onlyRecords, type StepModel, type SystemModel, servicesOf } from './model.js';
import type { Forward } from './walk.js';

/** A step, an event, or what sets a step off from outside. */
export interface Node {
  readonly id: string;
  readonly kind: 'step' | 'event' | 'trigger';
  readonly label: string;
  /** Whose it is: the step's, or the one that an event is named after. */
  readonly service: string;
  /** What the step calls or undoes; who only keeps a record of the event. */
  readonly notes: readonly string[];
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** The outcomes of the step. */
  readonly label: string;
  readonly forward: boolean;
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

const stepId = ({ service, name }: StepModel) => `${service}_${name}`;
const eventId = ({ contract }: EventModel) => contract.type.replace('.', '_');

function stepNode(step: StepModel): Node {
  const { declared, name, service } = step;
  const undoes = declared.kind === 'event' ? declared.compensates : undefined;
  const prevents = declared.kind === 'event' ? declared.prevents : undefined;
  const notes = [
    ...(declared.effect === undefined ? [] : [`calls the ${declared.effect}`]),
    ...(undoes === undefined ? [] : [`undoes ${inWords(undoes)}`]),
    ...(prevents === undefined ? [] : [`prevents ${inWords(prevents)}`]),
  ];
  return { id: stepId(step), kind: 'step', label: inWords(name), service, notes };
}

function eventNode(event: EventModel): Node {
  const { type } = event.contract;
  const recorders = servicesOf(event.consumers.filter((step) => onlyRecords(step, event)));
  return {
    id: eventId(event),
    kind: 'event',
    label: type,
    service: type.split('.')[0] ?? '',
    notes: recorders.map((each) => `${each} records it`),
  };
}

const waiting = (event: EventModel) => event.consumers.filter((step) => !onlyRecords(step, event));

const leads = ({ types, steps }: Forward, { contract }: EventModel, { service, name }: StepModel) =>
  types.has(contract.type) && steps.has(`${service}.${name}`);

function emittedEdges(event: EventModel, forward: Forward): Edge[] {
  const steps = [...new Set(event.emissions.map(({ step }) => step))];
  return steps.map((step) => {
    const outcomes = event.emissions.filter((each) => each.step === step).map(({ outcome }) => inWords(outcome));
    return { from: stepId(step), to: eventId(event), label: outcomes.join(', '), forward: leads(forward, event, step) };
  });
}

function triggerOf(step: StepModel): { node: Node; edge: Edge } | undefined {
  const { kind } = step.declared;
  if (kind !== 'command' && kind !== 'timer') return undefined;
  const label = kind === 'command' ? 'request' : step.declared.timer;
  const id = `${stepId(step)}_trigger`;
  const node: Node = { id, kind: 'trigger', label, service: step.service, notes: [] };
  return { node, edge: { from: id, to: stepId(step), label: '', forward: false } };
}

/** Every step and every event, and what leads from one to the other. A step that neither emits nor consumes is none of the others' business. */
export function choreographyGraph({ services, events }: SystemModel, forward: Forward): Graph {
  const connected = (step: StepModel) =>
    reactsTo(step.declared).length > 0 || events.some(({ emissions }) => emissions.some((each) => each.step === step));
  const steps = services.flatMap((each) => each.steps).filter(connected);
  const triggers = steps.map(triggerOf).filter((each) => each !== undefined);
  const consumed = events.flatMap((event) =>
    waiting(event).map((step) => ({
      from: eventId(event),
      to: stepId(step),
      label: '',
      forward: leads(forward, event, step),
    })),
  );
  return {
    nodes: [...triggers.map(({ node }) => node), ...steps.map(stepNode), ...events.map(eventNode)],
    edges: [
      ...triggers.map(({ edge, node }) => ({ ...edge, forward: node.id === triggers[0]?.node.id })),
      ...events.flatMap((event) => emittedEdges(event, forward)),
      ...consumed,
    ],
  };
}

function mermaidNode({ id, kind, label, notes }: Node): string {
  const text = [label, ...notes].join('<br>');
  if (kind === 'event') return `${id}(["${text}"])`;
  return kind === 'trigger' ? `${id}>"${text}"]` : `${id}["${text}"]`;
}

function mermaidEdge({ from, to, label, forward }: Edge): string {
  const arrow = forward ? '-->' : '-.->';
  return `  ${from} ${arrow}${label === '' ? '' : `|"${label}"|`} ${to}`;
}

/** The same graph as Mermaid's flowchart. */
export function mermaidGraph({ nodes, edges }: Graph, services: readonly ServiceName[]): string {
  const boxes = services.flatMap((service) => {
    const own = nodes.filter((node) => node.kind !== 'event' && node.service === service);
    return [`  subgraph ${service}`, ...own.map((node) => `    ${mermaidNode(node)}`), '  end'];
  });
  const events = nodes.filter(({ kind }) => kind === 'event').map((node) => `  ${mermaidNode(node)}`);
  return ['flowchart TB', ...boxes, ...events, ...edges.map(mermaidEdge), ''].join('\n');
}
