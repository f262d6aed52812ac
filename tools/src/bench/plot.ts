export interface Series {
  name: string;
  /** One of the six colours of the plot. */
  colour: 0 | 1 | 2 | 3 | 4 | 5;
  points: [x: number, y: number][];
}

export interface Panel {
  title: string;
  yLabel: string;
  series: Series[];
  /** For values that span several powers of ten. */
  logarithmic?: boolean;
}

export interface Plot {
  title: string;
  subtitle: string;
  xLabel: string;
  panels: Panel[];
}

const width = 860;
const panelHeight = 210;
const panelGap = 62;
const margin = { top: 84, right: 20, bottom: 48, left: 66 };
const inner = width - margin.left - margin.right;

/** Colours that can be told apart in both schemes, also without full colour vision (Okabe and Ito, 2008). */
const style = `
  text { font: 12px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 16px; font-weight: 600 } .panel { font-weight: 600 } .quiet { fill: #57606a }
  .paper { fill: #ffffff } .grid { stroke: #d8dee4 } .axis { stroke: #57606a } path { fill: none; stroke-width: 1.8 }
  .c0 { stroke: #0072b2 } .c1 { stroke: #d55e00 } .c2 { stroke: #009e73 } .c3 { stroke: #cc79a7 } .c4 { stroke: #b8860b } .c5 { stroke: #6f5fc4 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .quiet { fill: #9198a1 } .paper { fill: #0d1117 } .grid { stroke: #30363d } .axis { stroke: #9198a1 }
    .c0 { stroke: #56b4e9 } .c1 { stroke: #ff8c42 } .c2 { stroke: #2ec99b } .c3 { stroke: #e79fc6 } .c4 { stroke: #e3c567 } .c5 { stroke: #a99bf5 }
  }`;

/** Line charts below each other over one x axis, readable on light and on dark paper. */
export function drawPlot({ title, subtitle, xLabel, panels }: Plot): string {
  const height = margin.top + panels.length * panelHeight + (panels.length - 1) * panelGap + margin.bottom;
  const xs = panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(([x]) => x)));
  const x = scale(niceTicks(Math.min(...xs), Math.max(...xs)), margin.left, margin.left + inner);
  const drawn = panels.map((panel, index) => drawPanel(panel, margin.top + index * (panelHeight + panelGap), x));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title><style>${style}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    label(margin.left, 24, title, 'title'),
    label(margin.left, 43, subtitle, 'quiet'),
    ...drawn,
    label(margin.left + inner / 2, height - 10, xLabel, 'quiet', 'middle'),
    '</svg>\n',
  ].join('\n');
}

interface Scale {
  ticks: number[];
  at(value: number): number;
}

function drawPanel({ title, yLabel, series, logarithmic = false }: Panel, top: number, x: Scale): string {
  const values = series.flatMap(({ points }) => points.map(([, y]) => y)).filter((y) => !logarithmic || y > 0);
  const ticks = logarithmic ? powersOfTen(Math.min(...values), Math.max(...values)) : niceTicks(0, Math.max(...values));
  const y = scale(ticks, top + panelHeight, top, logarithmic);
  const right = margin.left + inner;
  return [
    label(margin.left, top - 12, `${title}, ${yLabel}`, 'panel'),
    ...legend(series, right, top - 12),
    ...ticks.flatMap((tick) => [
      line(margin.left, y.at(tick), right, y.at(tick), 'grid'),
      label(margin.left - 8, y.at(tick) + 4, format(tick), 'quiet', 'end'),
    ]),
    ...x.ticks.map((tick) => label(x.at(tick), top + panelHeight + 18, format(tick), 'quiet', 'middle')),
    line(margin.left, top + panelHeight, right, top + panelHeight, 'axis'),
    ...series.map(({ colour, points }) => `<path class="c${colour}" d="${pathOf(points, x, y, logarithmic)}"/>`),
  ].join('\n');
}

/** From the right, the last series outermost. */
function legend(series: readonly Series[], right: number, y: number): string[] {
  let edge = right;
  return [...series].reverse().flatMap(({ name, colour }) => {
    const start = edge - name.length * 6.6 - 26;
    edge = start - 14;
    return [`<path class="c${colour}" d="M${round(start)} ${y - 4}h18"/>`, label(start + 24, y, name, 'quiet')];
  });
}

function pathOf(points: readonly [number, number][], x: Scale, y: Scale, logarithmic: boolean): string {
  const drawable = logarithmic ? points.filter(([, value]) => value > 0) : points;
  return drawable.map(([px, py], index) => `${index === 0 ? 'M' : 'L'}${round(x.at(px))} ${round(y.at(py))}`).join('');
}

function scale(ticks: number[], from: number, to: number, logarithmic = false): Scale {
  const place = logarithmic ? Math.log10 : (value: number) => value;
  const low = place(ticks[0] ?? 0);
  const high = place(ticks.at(-1) ?? 1);
  return { ticks, at: (value) => from + ((place(value) - low) / (high - low)) * (to - from) };
}

/** Round numbers that enclose the range, about five of them. */
function niceTicks(low: number, high: number): number[] {
  const span = high > low ? high - low : Math.abs(high) || 1;
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.floor(low / step);
  const count = Math.max(1, Math.ceil((low + span) / step - first));
  return Array.from({ length: count + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

function powersOfTen(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.max(first + 1, Math.ceil(Math.log10(high)));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

const format = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 3 });
const round = (value: number) => Math.round(value * 10) / 10;
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function label(x: number, y: number, text: string, kind: string, anchor = 'start'): string {
  return `<text x="${round(x)}" y="${round(y)}" class="${kind}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>`;
}
