export const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

type Attributes = Readonly<Record<string, string | number>>;

/** One element, its content already escaped. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return content === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${content}</${name}>`;
}

export const label = (x: number, y: number, text: string, attributes: Attributes = {}) =>
  element('text', { x: round(x), y: round(y), ...attributes }, escaped(text));

/** One digit after the point is more than a screen shows. */
export const round = (value: number) => Math.round(value * 10) / 10;

/** About as wide as the text is set in the pictures' font: no font is measured, so that every machine writes the same. */
export const widthOf = (text: string, size: number) => Math.ceil(text.length * size * 0.58);

/** Colours of the pictures, for light and dark. Services are told apart by a stripe; the text keeps the page's colour. */
export const PALETTE = `
  .qs { --ink:#1c2530; --soft:#5d6b7a; --paper:#ffffff; --box:#ffffff; --line:#b9c4cf; --ahead:#1766c2; --back:#c2571a;
    --order:#3b6fd4; --inventory:#2f8f5b; --payment:#9a5bd0; --shipping:#c98a12; --notification:#c74b7a; }
  @media (prefers-color-scheme: dark) {
    .qs { --ink:#e6edf3; --soft:#9aa7b4; --paper:#11161c; --box:#1a212a; --line:#3b4754; --ahead:#6cb0ff; --back:#ff9d5c;
      --order:#7aa5ff; --inventory:#5cc98d; --payment:#c79bf2; --shipping:#f0be57; --notification:#f28ab2; }
  }`;

const RULES = `
  .qs text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--ink); }
  .qs .paper { fill: var(--paper); } .qs .box { fill: var(--box); stroke: var(--line); }
  .qs .soft { fill: var(--soft); font-size: 11px; } .qs .strong { font-weight: 600; }
  .qs .pill { fill: var(--box); stroke-width: 1.4; } .qs .edge { fill: none; stroke: var(--back); stroke-width: 1.4; stroke-dasharray: 5 4; }
  .qs .ahead { stroke: var(--ahead); stroke-width: 2; stroke-dasharray: none; } .qs .life { stroke: var(--line); stroke-dasharray: 3 4; }
  .qs .tag { fill: var(--paper); opacity: .88; } .qs .head-ahead { fill: var(--ahead); } .qs .head-back { fill: var(--back); }`;

interface Picture {
  readonly width: number;
  readonly height: number;
  /** What it shows, for who cannot see it. */
  readonly title: string;
  readonly body: string;
}

const arrowHead = (id: string) =>
  element(
    'marker',
    { id: `qs-${id}`, viewBox: '0 0 10 10', refX: 9, refY: 5, markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse' },
    element('path', { d: 'M0 0 10 5 0 10z', class: `head-${id}` }),
  );

/** A whole picture, that can stand alone or within a page. */
export function picture({ width, height, title, body }: Picture): string {
  const size = { viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`, width: Math.ceil(width), height: Math.ceil(height) };
  const content = [
    element('title', {}, escaped(title)),
    element('style', {}, `${PALETTE}${RULES}\n`),
    element('defs', {}, ['ahead', 'back'].map(arrowHead).join('')),
    element('rect', { class: 'paper', width: '100%', height: '100%' }),
    body,
  ];
  return `${element('svg', { xmlns: 'http://www.w3.org/2000/svg', class: 'qs', role: 'img', ...size }, `\n${content.join('\n')}\n`)}\n`;
}
