import dagre from '@dagrejs/dagre';
import type { Edge, Graph, Node } from './graph.js';
import { element, label, picture, round, widthOf } from './svg.js';

interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const LINE = 15;

const widest = (size: number, texts: readonly string[], small: readonly string[]) =>
  Math.max(...texts.map((each) => widthOf(each, size)), ...small.map((each) => widthOf(each, 11)));

function sizeOf({ kind, label: text, notes, service }: Node) {
  if (kind === 'step') return { width: widest(13, [text], [service, ...notes]) + 34, height: 46 + notes.length * LINE };
  return { width: widest(13, [text], notes) + 30, height: 30 + notes.length * 13 };
}

function drawNode(node: Node, { x, y, width, height }: Placed): string {
  const left = round(x - width / 2);
  const top = round(y - height / 2);
  const box = { x: left, y: top, width, height };
  const colour = `var(--${node.service})`;
  const centred = { 'text-anchor': 'middle' };
  if (node.kind === 'trigger') return label(x, y + 4, node.label, { ...centred, 'font-style': 'italic', class: 'soft' });
  if (node.kind === 'event') {
    const notes = node.notes.map((each, index) => label(x, top + 34 + index * 13, each, { ...centred, class: 'soft' }));
    const pill = element('rect', { ...box, rx: 15, class: 'pill', stroke: colour });
    return [pill, label(x, top + 19.5, node.label, centred), ...notes].join('');
  }
  const lines = [node.service, ...node.notes].map((each, index) => {
    const at = index === 0 ? top + 17 : top + 36 + index * LINE;
    return label(left + 18, at, each, { class: 'soft' });
  });
  return [
    element('rect', { ...box, rx: 6, class: 'box' }),
    element('rect', { x: left, y: top, width: 6, height, rx: 3, fill: colour }),
    ...lines,
    label(left + 18, top + 34, node.label, { class: 'strong' }),
  ].join('');
}

/** Through the points, its corners rounded. */
function pathOf(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [first, ...rest] = points.map(({ x, y }) => ({ x: round(x), y: round(y) }));
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return '';
  const curves = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? last;
    const end = index === rest.length - 2 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${point.x} ${point.y} ${round(end.x)} ${round(end.y)}`;
  });
  return `M${first.x} ${first.y}${curves.length === 0 ? `L${last.x} ${last.y}` : curves.join('')}`;
}

/** Dagre lays out; what it may leave undefined is at 0. */
function layOut({ nodes, edges }: Graph) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 22, ranksep: 34, edgesep: 12, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.id, sizeOf(node));
  for (const { from, to, label: text, forward } of edges) {
    const size = text === '' ? {} : { width: widthOf(text, 11) + 6, height: 16, labelpos: 'c' };
    graph.setEdge(from, to, { ...size, weight: forward ? 8 : 1 });
  }
  dagre.layout(graph);
  return graph;
}

/** The choreography, laid out. */
export function graphPicture(graph: Graph): string {
  const laidOut = layOut(graph);
  const { width = 0, height = 0 } = laidOut.graph();
  const lines = graph.edges.map(({ from, to, forward }: Edge) => {
    const points = laidOut.edge(from, to)?.points ?? [];
    const way = forward ? 'ahead' : 'back';
    return element('path', { d: pathOf(points), class: `edge ${way}`, 'marker-end': `url(#qs-${way})` });
  });
  const tags = graph.edges.flatMap(({ from, to, label: text }) => {
    const { x = 0, y = 0, width: wide = 0 } = laidOut.edge(from, to) ?? {};
    if (text === '') return [];
    const back = element('rect', { x: round(x - wide / 2), y: round(y - 8), width: wide, height: 16, rx: 4, class: 'tag' });
    return [back + label(x, y + 4, text, { class: 'soft', 'text-anchor': 'middle' })];
  });
  const boxes = graph.nodes.map((node) => {
    const { x = 0, y = 0, width: wide = 0, height: high = 0 } = laidOut.node(node.id);
    return drawNode(node, { x, y, width: wide, height: high });
  });
  const title = 'The choreography: every step with the service that it belongs to, every event, and which outcome emits it';
  return picture({ width, height, title, body: [...lines, ...boxes, ...tags].join('\n') });
}
