import type { Expected } from '../choreography/index.js';
import type { Call, Headers } from './call.js';
import { invalid } from './problem.js';

/** A list of entity tags, or `*` (https://www.rfc-editor.org/rfc/rfc9110#field.if-match). */
const TAG = '(?:W/)?"[\\x21\\x23-\\x7e]{0,100}"';
const TAGS = new RegExp(`^(?:\\*|${TAG}(?:[ \\t]*,[ \\t]*${TAG}){0,20})$`);

/** The versions that a client expects the thing to have; weak tags are none. Undefined when it expects nothing. */
export function expectedVersions({ request }: Call): Expected | undefined {
  const given = request.headers['if-match'];
  if (given === undefined) return undefined;
  if (!TAGS.test(given))
    throw invalid([{ pointer: '', detail: 'If-Match must be * or entity tags such as "7"' }], 'A header is wrong');
  if (given === '*') return '*';
  return [...given.matchAll(/(W\/)?"([^"]*)"/g)].flatMap(([, weak, version = '']) => (weak === undefined ? [version] : []));
}

export function etag(version: number | string): Headers {
  return { etag: `"${version}"` };
}
