import { readFileSync } from 'node:fs';
import { check_compat, initSync } from 'jsoncompat';
import type { JsonSchema } from './schema.js';

let ready = false;

/**
 * What the library says: whether every value of one schema is a value of the other.
 *
 * @throws whatever the library throws over schemas that it does not know
 */
export function isSubset(smaller: JsonSchema, larger: JsonSchema): boolean {
  if (!ready) {
    const file = require.resolve('jsoncompat').replace(/\.js$/, '_bg.wasm');
    initSync({ module: readFileSync(file) });
    ready = true;
  }
  return check_compat(JSON.stringify(smaller), JSON.stringify(larger), 'deserializer');
}
