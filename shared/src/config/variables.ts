import { isIPv6 } from 'node:net';

/** Thrown by a variable's `parse`: says what is wrong with the text, never repeating one that may hold a password. */
export class WrongValue extends Error {
  override readonly name = 'WrongValue';
}

/** One environment variable as data: the configuration and the documents' table of variables both come from it. */
export interface Variable<Value> {
  readonly name: string;
  readonly description: string;
  readonly example: string;
  /** The text that stands in when it is not set; a variable without one must be set. */
  readonly fallback?: string;
  /** @throws WrongValue */
  parse(text: string): Value;
}

/** A default of the program; a variable without one is required. */
interface Described {
  readonly fallback?: string;
  readonly example?: string;
}

function described(name: string, description: string, example: string, { fallback }: Described) {
  return { name, description, example, ...(fallback === undefined ? {} : { fallback }) };
}

export function text(name: string, description: string, options: Described & { readonly example: string }): Variable<string> {
  return { ...described(name, description, options.example, options), parse: (given) => given };
}

function integerWithin(given: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new WrongValue(`must be an integer from ${min} to ${max}, not "${given.slice(0, 40)}"`);
}

const LONGEST_TIMER = 2_147_483_647;

export function integer(
  name: string,
  description: string,
  options: Described & { readonly min?: number; readonly max?: number },
): Variable<number> {
  const { min = 1, max = LONGEST_TIMER, example = options.fallback ?? String(min) } = options;
  return { ...described(name, description, example, options), parse: (given) => integerWithin(given, min, max) };
}

/** Comma-separated integers, at least one. */
export function integers(
  name: string,
  description: string,
  options: Described & { readonly example: string },
): Variable<number[]> {
  const parse = (given: string) => given.split(',').map((each) => integerWithin(each.trim(), 1, LONGEST_TIMER));
  return { ...described(name, description, options.example, options), parse };
}

/** A number from 0 to 1. */
export function share(name: string, description: string, options: Described): Variable<number> {
  const parse = (given: string) => {
    const value = /^(0|1|0?\.\d{1,9}|1\.0+)$/.test(given) ? Number(given) : Number.NaN;
    if (!Number.isNaN(value)) return value;
    throw new WrongValue(`must be a number from 0 to 1, not "${given.slice(0, 40)}"`);
  };
  return { ...described(name, description, options.example ?? options.fallback ?? '0.5', options), parse };
}

const HOST_NAME = /^[a-z0-9._-]{1,253}$/i;

/** Comma-separated names or addresses of hosts, without ports; may be none. */
export function names(name: string, description: string, options: Described & { readonly example: string }): Variable<string[]> {
  const parse = (given: string) => {
    const all = given.split(',').map((each) => each.trim());
    return all.filter((each) => {
      if (each !== '' && !HOST_NAME.test(each) && !isIPv6(each))
        throw new WrongValue(`must be names or addresses without ports, not "${each.slice(0, 40)}"`);
      return each !== '';
    });
  };
  return { ...described(name, description, options.example, options), parse };
}

/** Comma-separated origins as browsers send them; may be none. */
export function origins(
  name: string,
  description: string,
  options: Described & { readonly example: string },
): Variable<string[]> {
  const parse = (given: string) => {
    const all = given.split(',').map((each) => each.trim());
    return all.filter((each) => {
      if (each !== '' && !(/^https?:/.test(each) && URL.canParse(each) && new URL(each).origin === each))
        throw new WrongValue(`must be origins such as https://shop.example.com, without a path, not "${each.slice(0, 80)}"`);
      return each !== '';
    });
  };
  return { ...described(name, description, options.example, options), parse };
}

export function choice<const Choice extends string>(
  name: string,
  description: string,
  choices: readonly [Choice, ...Choice[]],
  options: Described,
): Variable<Choice> {
  const parse = (given: string) => {
    const chosen = choices.find((each) => each === given);
    if (chosen === undefined) throw new WrongValue(`must be one of ${choices.join(', ')}, not "${given.slice(0, 40)}"`);
    return chosen;
  };
  return { ...described(name, description, options.example ?? options.fallback ?? choices[0], options), parse };
}

/** A server's URL, which may hold a password and so is never repeated in a message. */
export function serverUrl(
  name: string,
  description: string,
  protocols: readonly string[],
  options: Described & { readonly example: string; readonly needsPath?: boolean },
): Variable<string> {
  const parse = (given: string) => {
    const url = URL.canParse(given) ? new URL(given) : undefined;
    if (url === undefined) throw new WrongValue('is not a URL');
    if (!protocols.includes(url.protocol))
      throw new WrongValue(`must begin with ${protocols.map((each) => `${each}//`).join(' or ')}`);
    if (url.hostname === '') throw new WrongValue('names no host');
    if (options.needsPath && url.pathname.length < 2) throw new WrongValue('names no database');
    return given;
  };
  return { ...described(name, description, options.example, options), parse };
}

const NAMED_URL = /^([a-z][a-z0-9-]{0,60})=(https?:\/\/[^\s,@]+)$/;

/** Comma-separated `name=url`, in the order given. */
export function serviceUrls(
  name: string,
  description: string,
  options: Described & { readonly example: string },
): Variable<ReadonlyMap<string, string>> {
  const parse = (given: string) =>
    new Map(
      given.split(',').map((each) => {
        const [, service = '', url = ''] = NAMED_URL.exec(each.trim()) ?? [];
        if (!URL.canParse(url)) throw new WrongValue(`must be service=URL, separated by commas, not "${each.slice(0, 80)}"`);
        return [service, url.replace(/\/+$/, '')];
      }),
    );
  return { ...described(name, description, options.example, options), parse };
}

/**
 * Where a service begins whose queue had to be created. A time, or `beginning`, is acted on once, whether or not the queue is there: that
 * is how an operator has a service read again what its queue was not bound to.
 */
export function beginning(name: string): Variable<'last' | 'now' | 'beginning' | Date> {
  const description =
    'What is asked of the logs of others: what was missed when the queue had to be created (last), nothing (now), once everything (beginning) or what is younger than a time (RFC 3339)';
  const words = ['last', 'now', 'beginning'] as const;
  const parse = (given: string) => {
    const word = words.find((each) => each === given);
    if (word !== undefined) return word;
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(given) ? new Date(given) : undefined;
    if (time !== undefined && !Number.isNaN(time.getTime())) return time;
    throw new WrongValue(`must be ${words.join(', ')} or a time (RFC 3339), not "${given.slice(0, 40)}"`);
  };
  return { name, description, example: '2026-11-01T00:00:00Z', fallback: 'last', parse };
}

/** May be left out; `otherwise` tells people what happens then. */
export function optional<Value>(variable: Variable<Value>, otherwise: string): Variable<Value | undefined> {
  const { name, description, example } = variable;
  const parse = (given: string) => (given === '' ? undefined : variable.parse(given));
  return { name, description: `${description} (default: ${otherwise})`, example, fallback: '', parse };
}
