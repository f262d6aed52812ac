import { type Choreography, consumedBy, emittedBy, type StepDeclaration } from './choreography.js';

/** Two declarations, or a declaration and a contract, that do not fit. */
export interface Misfit {
  readonly rule: 'unconsumed' | 'consumedThoughFinal' | 'unemitted' | 'foreignEmitter' | 'missingEmitter' | 'twoContracts';
  /** Of the event that it is about. */
  readonly type: string;
  readonly text: string;
}

const waitedFor = (step: StepDeclaration) => (step.kind === 'event' ? step.on : []);

/** What is wrong with a set of declarations taken together; empty when they fit. Observers do not count as consumers. */
export function misfitsOf(declared: readonly Choreography[]): Misfit[] {
  const reaching = new Set(declared.flatMap(consumedBy));
  const consumed = new Set(declared.flatMap(({ steps }) => Object.values(steps).flatMap(waitedFor)));
  const emitted = new Set(declared.flatMap(emittedBy));
  const misfits: Misfit[] = [];
  const add = (rule: Misfit['rule'], type: string, rest: string) => misfits.push({ rule, type, text: `${type} ${rest}` });
  for (const contract of emitted) {
    const { type, final } = contract;
    if (!final && !consumed.has(contract)) add('unconsumed', type, 'is emitted, but no service consumes it');
    if (final && consumed.has(contract)) add('consumedThoughFinal', type, 'is declared final, but a service consumes it');
  }
  for (const contract of reaching) {
    if (!emitted.has(contract)) add('unemitted', contract.type, 'is consumed, but no service emits it');
  }
  for (const each of declared) {
    for (const { type, emitters } of emittedBy(each)) {
      if (!emitters.includes(each.service))
        add('foreignEmitter', type, `is emitted by ${each.service}, which its contract does not name`);
    }
  }
  for (const { type, emitters } of emitted) {
    for (const each of declared.filter(({ service }) => emitters.includes(service))) {
      if (!emittedBy(each).some((own) => own.type === type))
        add('missingEmitter', type, `names ${each.service}, which does not emit it`);
    }
  }
  const types = [...new Set([...reaching, ...emitted])].map((contract) => contract.type);
  for (const type of new Set(types.filter((each, index) => types.indexOf(each) !== index))) {
    add('twoContracts', type, 'has two contracts');
  }
  return misfits;
}
