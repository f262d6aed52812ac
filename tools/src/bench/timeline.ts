import type { Second } from './load/protocol.js';
import { drawPlot, type Panel, type Series } from './plot.js';

/** Throughput and latency over time. */
export function timelinePlot(title: string, subtitle: string, series: readonly Second[]): string {
  const points = (value: (second: Second) => number | null): Series['points'] =>
    series.flatMap((second, index) => {
      const found = value(second);
      return found === null ? [] : [[index + 1, found] as [number, number]];
    });
  // The last second is not a whole one.
  const whole = (value: (second: Second) => number) => points(value).slice(0, -1);
  const throughput: Panel = {
    title: 'Throughput',
    yLabel: 'orders/s',
    series: [
      { name: 'placed', colour: 1, points: whole(({ placed }) => placed) },
      { name: 'ended', colour: 0, points: whole(({ ended }) => ended) },
    ],
  };
  const latency: Panel = {
    title: 'From placed to ended',
    yLabel: 'ms',
    logarithmic: true,
    series: [
      { name: 'p50', colour: 2, points: points(({ p50 }) => p50) },
      { name: 'p99', colour: 3, points: points(({ p99 }) => p99) },
    ],
  };
  return drawPlot({ title, subtitle, xLabel: 'seconds', panels: [throughput, latency] });
}
