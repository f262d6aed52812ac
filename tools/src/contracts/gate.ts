import { bookkeeping } from './bookkeeping.js';
import type { Declared } from './declared.js';
import type { Finding } from './finding.js';
import type { Registry } from './registry.js';
import { type Rule, rules } from './rules.js';
import { judgeBy, type Witness, witnesses } from './verdict.js';

export interface GateOptions {
  readonly rules?: readonly Rule[];
  readonly witnesses?: readonly Witness[];
}

/**
 * Compares what the code declares with what is published, in both directions, for every consumer; what nobody can judge counts as
 * breaking. Empty when all is well.
 */
export function checkContracts(published: Registry, declared: Declared, options: GateOptions = {}): Finding[] {
  const judge = judgeBy(options.witnesses ?? Object.values(witnesses));
  const asked = options.rules ?? [...Object.values(rules), bookkeeping];
  return asked.flatMap((rule) => rule({ published, declared, judge }));
}
