/** One line of the Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;
/** A distribution is told by its sum and count. */
const SKIPPED = /_bucket$/;

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of a service's own metrics; those of Node.js are left out, and what is not a number. */
export function samplesOf(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', labels = '', value = ''] = LINE.exec(line) ?? [];
    if (!name.startsWith('quickstep_') || SKIPPED.test(name) || !Number.isFinite(Number(value))) return [];
    const named = [...labels.matchAll(LABEL)].map(([, key = '', each = '']): [string, string] => [key, each]);
    return [{ name, labels: Object.fromEntries(named), value: Number(value) }];
  });
}
