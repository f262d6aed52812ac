import type { EventContract } from '@quickstep/shared/events';
import { operations } from '../choreography.js';

/** A value of an event: its subject, a property of its data, or one of an element of the array that `each` names. */
export type Path = 'subject' | `data.${string}` | `item.${string}`;

/** Which events a window or a pattern looks at, and by what it tells them apart. */
export interface Selection {
  /** Stable: results and state are kept under it. */
  readonly name: string;
  readonly description: string;
  readonly types: readonly EventContract[];
  /** An array of the data, each element of which counts on its own: `items`. */
  readonly each?: string;
  /** Default: all together. `from` takes it from another event about the same subject, whichever of the two comes first. */
  readonly key?: Path | { readonly from: EventContract; readonly path: Path };
}

/** Tumbling, or with `every` sliding, over the time of the events. Seconds. */
export interface WindowShape {
  readonly seconds: number;
  /** A window begins so often; divides `seconds`. Default: one after the other. */
  readonly every?: number;
  /**
   * How long after the watermark has passed its end a window is still corrected; what comes later is only counted. The watermark is the time
   * that all services have reached whose events the window counts. Default: 600.
   */
  readonly lateness?: number;
}

/** What is measured of an event, always as an integer: windows keep count, sum, least and most of it. */
export type Measure =
  | { readonly kind: 'count' }
  | { readonly kind: 'sum'; readonly of: Path }
  /** Since another event about the same subject. */
  | { readonly kind: 'milliseconds'; readonly since: EventContract }
  /** 1 for events of these types and 0 for others, so that sum / count is their share. */
  | { readonly kind: 'share'; readonly of: readonly EventContract[] };

export interface WindowDeclaration extends Selection {
  readonly window: WindowShape;
  readonly measure: Measure;
}

/** So many events within a time. */
export interface Repetition {
  readonly kind: 'repetition';
  readonly times: number;
  readonly within: number;
}

/** The share of events of these types within a time reaches a bound, when there are enough to tell. Alerts once in that time. */
export interface Rate {
  readonly kind: 'rate';
  readonly of: readonly EventContract[];
  /** From 0 to 1. */
  readonly reaches: number;
  readonly least: number;
  readonly within: number;
}

/** Something to alert about, found by a state machine for each key. Seconds. */
export interface PatternDeclaration extends Selection {
  readonly pattern: Repetition | Rate;
}

export type AnyDeclaration = WindowDeclaration | PatternDeclaration;

/** Times that are remembered of one key, the latest ones: late events may complete a repetition, and it can be of no more. */
export const REMEMBERED = 100;
export const DEFAULT_LATENESS = 600;

/** The event about the same subject that has to come, too: for the key, or for the time since it. */
export function joinedWith(declared: AnyDeclaration): EventContract | undefined {
  if (typeof declared.key === 'object') return declared.key.from;
  return 'measure' in declared && declared.measure.kind === 'milliseconds' ? declared.measure.since : undefined;
}

/** The events that a declaration looks at. */
export function contractsOf(declared: AnyDeclaration): readonly EventContract[] {
  const joined = joinedWith(declared);
  return joined === undefined ? declared.types : [...declared.types, joined];
}

/** The services whose clocks the watermark waits for. */
export function sourcesOf(declared: AnyDeclaration): string[] {
  return [...new Set(contractsOf(declared).flatMap(({ emitters }) => emitters))].sort();
}

function propertyAt(schema: unknown, property: string): unknown {
  if (typeof schema !== 'object' || schema === null || !('properties' in schema)) return undefined;
  const { properties } = schema;
  return typeof properties === 'object' && properties !== null ? Reflect.get(properties, property) : undefined;
}

function elementOf(schema: unknown): unknown {
  return typeof schema === 'object' && schema !== null && 'items' in schema ? schema.items : undefined;
}

function exists({ schema }: EventContract, path: Path, each: string | undefined): boolean {
  if (path === 'subject') return true;
  const [where, property = ''] = path.split('.');
  const within = where === 'data' ? schema : elementOf(propertyAt(schema, each ?? ''));
  return propertyAt(within, property) !== undefined;
}

function* problemsOf(declared: AnyDeclaration): Generator<string> {
  const { types, each, key } = declared;
  const missing = (contracts: readonly EventContract[], path: Path, of = each) =>
    contracts.filter((contract) => !exists(contract, path, of)).map(({ type }) => `${type} has no ${path}`);
  if (typeof key === 'string') yield* missing(types, key);
  if (typeof key === 'object') yield* missing([key.from], key.path, undefined);
  // Alerts are in the archive, too: what is found in them would be told, archived, and found again.
  const own = contractsOf(declared).filter(({ emitters }) => emitters.includes(operations.service));
  yield* own.map(({ type }) => `${type} is itself told by what is found`);
  const joined = joinedWith(declared);
  if (joined !== undefined && types.includes(joined)) yield `${joined.type} cannot be joined with itself`;
  if ('pattern' in declared) {
    const { pattern } = declared;
    if (pattern.kind === 'repetition' && !(pattern.times >= 1 && pattern.times <= REMEMBERED))
      yield `a repetition is of 1 to ${REMEMBERED} times, not ${pattern.times}`;
    return;
  }
  const { window, measure } = declared;
  if (measure.kind === 'sum') yield* missing(types, measure.of);
  if (measure.kind === 'milliseconds' && joined !== measure.since) yield 'key and measure are of two different events';
  const { seconds, every = seconds } = window;
  if (!(every > 0) || seconds % every !== 0) yield `windows of ${seconds} s cannot begin every ${every} s`;
}

/** Checks declarations against the contracts. @throws TypeError naming what does not fit */
export function declarations<Declared extends AnyDeclaration>(all: readonly Declared[]): readonly Declared[] {
  const names = all.map(({ name }) => name);
  for (const each of all) {
    const problems = [...problemsOf(each)];
    if (!/^[a-z][a-z0-9-]{0,62}$/.test(each.name)) problems.push('its name must be lower-case words with hyphens');
    if (names.indexOf(each.name) !== names.lastIndexOf(each.name)) problems.push('its name is taken');
    if (problems.length > 0) throw new TypeError(`"${each.name}": ${problems.join('; ')}`);
  }
  return all;
}
