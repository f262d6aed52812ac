import { type Choreography, consumedBy, emittedBy } from './choreography.js';

/** What is wrong with a set of declarations taken together; empty when they fit. */
export function problemsOf(declared: readonly Choreography[]): string[] {
  const consumed = new Set(declared.flatMap(consumedBy));
  const emitted = new Set(declared.flatMap(emittedBy));
  const problems: string[] = [];
  for (const contract of emitted) {
    if (!contract.final && !consumed.has(contract)) problems.push(`${contract.type} is emitted, but no service consumes it`);
    if (contract.final && consumed.has(contract)) problems.push(`${contract.type} is declared final, but a service consumes it`);
  }
  for (const contract of consumed) {
    if (!emitted.has(contract)) problems.push(`${contract.type} is consumed, but no service emits it`);
  }
  const types = [...new Set([...consumed, ...emitted])].map((contract) => contract.type);
  for (const type of new Set(types.filter((each, index) => types.indexOf(each) !== index))) {
    problems.push(`${type} has two contracts`);
  }
  return problems;
}
