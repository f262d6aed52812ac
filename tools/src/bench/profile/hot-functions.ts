import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../../paths.js';

export interface HotFunction {
  /** `name file:line`, in the sources where there is a source map. */
  place: string;
  /** Of the time in which the process was not idle. */
  share: number;
  milliseconds: number;
}

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number; columnNumber: number };
}

interface CpuProfile {
  nodes: ProfileNode[];
  samples: number[];
  /** Microseconds between the samples. */
  timeDeltas: number[];
}

/** Functions by the time that was spent in themselves, not in what they called. */
export function hotFunctions(file: string): HotFunction[] {
  const profile: CpuProfile = JSON.parse(readFileSync(file, 'utf8'));
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const byPlace = new Map<string, number>();
  let total = 0;
  profile.samples.forEach((id, index) => {
    const frame = nodes.get(id)?.callFrame;
    if (frame === undefined || frame.functionName === '(idle)') return;
    const spent = (profile.timeDeltas[index] ?? 0) / 1_000;
    const place = placeOf(frame);
    byPlace.set(place, (byPlace.get(place) ?? 0) + spent);
    total += spent;
  });
  return [...byPlace]
    .map(([place, milliseconds]) => ({ place, milliseconds, share: milliseconds / total }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

const places = new Map<string, string>();

function placeOf({ functionName, url, lineNumber, columnNumber }: ProfileNode['callFrame']): string {
  const key = `${functionName} ${url}:${lineNumber}:${columnNumber}`;
  const known = places.get(key) ?? describe(functionName || '(anonymous)', url, lineNumber, columnNumber);
  places.set(key, known);
  return known;
}

function describe(name: string, url: string, line: number, column: number): string {
  if (url === '') return name;
  if (!url.startsWith('file:') && !url.startsWith('/')) return `${name} ${url}:${line + 1}`;
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  const original = sourceMapOf(file)?.findEntry(line, column);
  if (original && 'originalSource' in original) {
    return `${name} ${relative(root, join(dirname(file), original.originalSource))}:${original.originalLine + 1}`;
  }
  return `${name} ${relative(root, file)}:${line + 1}`;
}

const maps = new Map<string, SourceMap | undefined>();

function sourceMapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) {
    const map = `${file}.map`;
    maps.set(
      file,
      !file.includes('node_modules') && existsSync(map) ? new SourceMap(JSON.parse(readFileSync(map, 'utf8'))) : undefined,
    );
  }
  return maps.get(file);
}
