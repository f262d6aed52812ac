import { type Choreography, consumedBy, emittedBy, type StepDeclaration } from './choreography.js';

const waitedFor = (step: StepDeclaration) => (step.kind === 'event' ? step.on : []);

/** What is wrong with a set of declarations taken together; empty when they fit. Observers do not count as consumers. */
export function problemsOf(declared: readonly Choreography[]): string[] {
  const reaching = new Set(declared.flatMap(consumedBy));
  const consumed = new Set(declared.flatMap(({ steps }) => Object.values(steps).flatMap(waitedFor)));
  const emitted = new Set(declared.flatMap(emittedBy));
  const problems: string[] = [];
  for (const contract of emitted) {
    if (!contract.final && !consumed.has(contract)) problems.push(`${contract.type} is emitted, but no service consumes it`);
    if (contract.final && consumed.has(contract)) problems.push(`${contract.type} is declared final, but a service consumes it`);
  }
  for (const contract of reaching) {
    if (!emitted.has(contract)) problems.push(`${contract.type} is consumed, but no service emits it`);
  }
  for (const each of declared) {
    for (const { type, emitters } of emittedBy(each)) {
      if (!emitters.includes(each.service))
        problems.push(`${type} is emitted by ${each.service}, which its contract does not name`);
    }
  }
  for (const { type, emitters } of emitted) {
    for (const each of declared.filter(({ service }) => emitters.includes(service))) {
      if (!emittedBy(each).some((own) => own.type === type))
        problems.push(`${type} names ${each.service}, which does not emit it`);
    }
  }
  const types = [...new Set([...reaching, ...emitted])].map((contract) => contract.type);
  for (const type of new Set(types.filter((each, index) => types.indexOf(each) !== index))) {
    problems.push(`${type} has two contracts`);
  }
  return problems;
}
