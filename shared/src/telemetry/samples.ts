/** One line of the Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const unescaped = (text: string) => text.replace(/\\(.)/g, (_, each: string) => (each === 'n' ? '\n' : each));

/** What metrics say, as a service gives them at `/metrics`. */
export function samplesOf(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value = ''] = LINE.exec(line) ?? [];
    if (name === undefined) return [];
    const named = [...labels.matchAll(LABEL)].map(([, key = '', each = '']): [string, string] => [key, unescaped(each)]);
    // Infinity is written `+Inf`.
    return [{ name, labels: Object.fromEntries(named), value: Number(value.replace('Inf', 'Infinity')) }];
  });
}

/** Of the samples of this name that have these labels, and perhaps others; undefined when there are none. */
export function sumOf(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const fitting = samples.filter(
    (each) => each.name === name && Object.entries(labels).every(([key, value]) => each.labels[key] === value),
  );
  return fitting.length === 0 ? undefined : fitting.reduce((sum, { value }) => sum + value, 0);
}
