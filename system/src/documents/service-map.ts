import dagre from '@dagrejs/dagre';
import { detailsOf, emittedIn, type StepDeclaration } from '@quickstep/shared/choreography';
import type { EventContract } from '@quickstep/shared/events';
import type { EventModel, ServiceModel, SystemModel } from './model.js';
import { widthOf } from './svg.js';

export interface MapOutcome {
  readonly name: string;
  readonly emits: readonly string[];
  readonly fails: boolean;
}

export interface MapStep {
  readonly name: string;
  readonly kind: StepDeclaration['kind'];
  /** The step whose work it undoes or keeps from being done. */
  readonly undoes?: string;
  readonly effect?: string;
  readonly on: readonly string[];
  readonly outcomes: readonly MapOutcome[];
}

interface Box {
  /** Of its middle. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface MapService extends Box {
  readonly name: string;
  readonly steps: readonly MapStep[];
}

/** An event on its way from one service to another. */
export interface MapArrow {
  readonly type: string;
  readonly from: string;
  readonly to: string;
  /** A fact, a compensation or an ending, as its contract says. */
  readonly kind: EventContract['kind'];
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly label: Box;
}

/** The services, what they may do, and what they send each other, laid out. */
export interface ServiceMap {
  readonly width: number;
  readonly height: number;
  readonly services: readonly MapService[];
  readonly arrows: readonly MapArrow[];
}

const HEAD = 34;
const STEP_LINE = 18;
const OUTCOME_LINE = 15;
const LABEL_PADDING = 58;

const isCompensation = ({ declared }: ServiceModel['steps'][number]) =>
  declared.kind === 'event' ? (declared.compensates ?? declared.prevents) : undefined;

function stepOf(step: ServiceModel['steps'][number], consumed: readonly string[]): MapStep {
  const { name, declared } = step;
  const undoes = isCompensation(step);
  return {
    name,
    kind: declared.kind,
    ...(undoes === undefined ? {} : { undoes }),
    ...(declared.effect === undefined ? {} : { effect: declared.effect }),
    on: consumed,
    outcomes: Object.entries(declared.outcomes).map(([outcome, details]) => ({
      name: outcome,
      emits: emittedIn(details).map(({ type }) => type),
      fails: detailsOf(details).fails === true,
    })),
  };
}

function arrowsOf({ contract, emissions, consumers }: EventModel): Pick<MapArrow, 'type' | 'from' | 'to' | 'kind'>[] {
  const from = new Set(emissions.map(({ step }) => step.service));
  const to = new Set(consumers.map(({ service }) => service));
  const pairs = [...from].flatMap((emitter) => [...to].map((consumer) => ({ from: emitter, to: consumer })));
  return pairs.filter((pair) => pair.from !== pair.to).map((pair) => ({ ...pair, type: contract.type, kind: contract.kind }));
}

const widestStep = (steps: readonly MapStep[]) =>
  Math.max(
    ...steps.flatMap(({ name, outcomes }) => [widthOf(name, 13) + 30, ...outcomes.map((each) => widthOf(each.name, 11) + 80)]),
  );

const heightOf = (steps: readonly MapStep[]) =>
  HEAD + steps.reduce((sum, { outcomes }) => sum + STEP_LINE + outcomes.length * OUTCOME_LINE + 6, 6);

/** The order of the services is that of the list. */
export function serviceMap({ services, events }: SystemModel): ServiceMap {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 60, ranksep: 50, edgesep: 14, marginx: 16, marginy: 16 });
  const placed = services.map(({ name, steps }) => {
    const typesOf = (step: string) =>
      events
        .filter(({ consumers }) => consumers.some((each) => each.service === name && each.name === step))
        .map(({ contract }) => contract.type);
    const shown = steps.map((step) => stepOf(step, typesOf(step.name)));
    graph.setNode(name, { width: Math.max(190, widestStep(shown)), height: heightOf(shown) });
    return { name, steps: shown };
  });
  const arrows = events.flatMap(arrowsOf);
  for (const { from, to, type } of arrows)
    graph.setEdge(from, to, { width: widthOf(type, 11) + LABEL_PADDING, height: 20, labelpos: 'c' }, type);
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    services: placed.map((each) => {
      const { x = 0, y = 0, width: wide = 0, height: high = 0 } = graph.node(each.name);
      return { ...each, x, y, width: wide, height: high };
    }),
    arrows: arrows.map((each) => {
      const { points = [], x = 0, y = 0, width: wide = 0 } = graph.edge({ v: each.from, w: each.to, name: each.type }) ?? {};
      return { ...each, points, label: { x, y, width: wide, height: 20 } };
    }),
  };
}
