import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { count, minute } from '../data/format.js';
import type { Point } from '../data/series.js';
import { dark } from './theme.js';

interface PlotProps {
  readonly label: string;
  readonly points: readonly Point[];
  /** How far back it reaches, in seconds. */
  readonly seconds: number;
}

const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name);
const HEIGHT = 260;

function optionsOf(seconds: number, width: number, sparse: boolean): uPlot.Options {
  const line = { stroke: () => color('--line'), width: 1 };
  const axis: uPlot.Axis = { stroke: () => color('--soft'), grid: line, ticks: line };
  const times: uPlot.Axis = { ...axis, values: (_, splits) => splits.map((each) => minute(each * 1_000)) };
  const numbers: uPlot.Axis = { ...axis, size: 64, values: (_, splits) => splits.map(count) };
  const drawn: uPlot.Series = {
    stroke: () => color('--accent'),
    fill: () => color('--tint'),
    width: 2,
    points: { show: sparse, stroke: () => color('--accent'), fill: () => color('--box') },
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { range: () => [Date.now() / 1_000 - seconds, Date.now() / 1_000] } },
    axes: [times, numbers],
    series: [{}, drawn],
  };
}

/** Values over time; the colours are those of the page, the width that of its place. */
export function Plot({ label, points, seconds }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parent = place.current;
    if (parent === null) return;
    const data: uPlot.AlignedData = [points.map(({ at }) => at), points.map(({ value }) => value)];
    const widthOf = () => Math.max(200, parent.clientWidth - 20);
    const plot = new uPlot(optionsOf(seconds, widthOf(), points.length < 60), data, parent);
    const resized = new ResizeObserver(() => plot.setSize({ width: widthOf(), height: HEIGHT }));
    resized.observe(parent);
    const unsubscribe = dark.subscribe(() => plot.redraw());
    return () => {
      unsubscribe();
      resized.disconnect();
      plot.destroy();
    };
  }, [points, seconds]);
  return <div class="plot" ref={place} role="img" aria-label={label} />;
}
