import { type ServiceName, serviceNames } from '../services.js';
import { inWords } from './model.js';
import { element, label, picture, widthOf } from './svg.js';
import type { Forward, Party, Scene, Walk } from './walk.js';

/** Who takes part, in the order of the list of services. */
function partiesOf(scenes: readonly Scene[]): Party[] {
  const seen = new Set<Party>(scenes.flatMap((each) => (each.kind === 'message' ? [each.from, each.to] : [])));
  const outside: readonly Party[] = ['customer', 'clock'];
  return [...outside, ...serviceNames].filter((each) => seen.has(each));
}

function mermaidScene(scene: Scene): string {
  if (scene.kind === 'message')
    return `${scene.from} ${scene.event ? '-)' : '->>'} ${scene.to}: ${scene.event ? scene.what : inWords(scene.what)}`;
  if (scene.kind === 'call') return `Note over ${scene.from}: calls the ${scene.effect}`;
  return `Note over ${scene.at}: ${inWords(scene.step)} → ${inWords(scene.outcome)}`;
}

/** The walk as Mermaid's sequence diagram. */
export function mermaidSequence({ scenes, journey }: Walk): string {
  const parties = partiesOf(scenes).map((each) => `participant ${each}`);
  const lines = ['autonumber', ...parties, ...scenes.map(mermaidScene)].map((line) => `  ${line}`);
  return ['sequenceDiagram', `  accTitle: ${journey.title}`, ...lines, ''].join('\n');
}

const COLUMN = 168;
const TOP = 52;

interface Drawn {
  readonly height: number;
  readonly body: string;
}

function drawMessage(from: number, to: number, y: number, scene: Extract<Scene, { kind: 'message' }>, ahead: boolean): Drawn {
  const way = ahead ? 'ahead' : 'back';
  const text = scene.event ? scene.what : inWords(scene.what);
  const edge = { class: `edge ${way}`, 'marker-end': `url(#qs-${way})` };
  if (from === to) {
    const loop = `M${from} ${y + 8}h34v18h-32`;
    return { height: 38, body: element('path', { d: loop, ...edge }) + label(from + 40, y + 21, text) };
  }
  const middle = (from + to) / 2;
  const wide = widthOf(text, 13) + 8;
  return {
    height: 34,
    body: [
      element('path', { d: `M${from} ${y + 22}H${to + (to > from ? -2 : 2)}`, ...edge }),
      element('rect', { x: middle - wide / 2, y, width: wide, height: 17, class: 'tag' }),
      label(middle, y + 13, text, { 'text-anchor': 'middle' }),
    ].join(''),
  };
}

function drawNote(x: number, y: number, service: ServiceName, text: string, strong: string): Drawn {
  const wide = widthOf(`${text} ${strong}`, 11) + 16;
  const words = `${element('tspan', {}, text)} ${element('tspan', { class: 'strong' }, strong)}`;
  return {
    height: 30,
    body: [
      element('rect', { x: x - wide / 2, y, width: wide, height: 22, rx: 5, class: 'pill', stroke: `var(--${service})` }),
      element('text', { x, y: y + 15, class: 'soft', 'text-anchor': 'middle' }, words),
    ].join(''),
  };
}

/** The walk as a picture; events of the way forward are drawn as such. */
export function sequencePicture({ scenes, journey }: Walk, { types }: Forward): string {
  const parties = partiesOf(scenes);
  const at = (party: Party) => COLUMN / 2 + parties.indexOf(party) * COLUMN;
  let y = TOP;
  const drawn: string[] = [];
  for (const scene of scenes) {
    const { body, height } = drawScene(scene, y);
    drawn.push(body);
    y += height;
  }
  const height = y + 16;
  const width = parties.length * COLUMN;
  const heads = parties.map((party) => {
    const colour = party === 'customer' || party === 'clock' ? 'var(--soft)' : `var(--${party})`;
    return [
      element('line', { x1: at(party), x2: at(party), y1: 38, y2: height - 8, class: 'life' }),
      element('rect', { x: at(party) - 58, y: 8, width: 116, height: 30, rx: 6, class: 'pill', stroke: colour }),
      label(at(party), 28, party, { class: 'strong', 'text-anchor': 'middle' }),
    ].join('');
  });
  return picture({ width, height, title: `${journey.title}: who tells whom what`, body: [...heads, ...drawn].join('\n') });

  function drawScene(scene: Scene, top: number): Drawn {
    if (scene.kind === 'message') {
      const ahead = scene.event ? types.has(scene.what) : scene.what === 'placeOrder';
      return drawMessage(at(scene.from), at(scene.to), top, scene, ahead);
    }
    if (scene.kind === 'call') return drawNote(at(scene.from), top, scene.from, 'calls the', scene.effect);
    return drawNote(at(scene.at), top, scene.at, `${inWords(scene.step)}:`, inWords(scene.outcome));
  }
}

/** A page for the walk, that repositories' web pages draw. */
export function sequencePage(walk: Walk): string {
  const { title, because, ending } = walk.journey;
  return `# ${title}\n\n${because} Ends in \`${ending}\`.\n\n\`\`\`mermaid\n${mermaidSequence(walk)}\`\`\`\n`;
}
