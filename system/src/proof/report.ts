import type { Exploration } from './explore.js';
import { printed } from './problem.js';
import type { Proof } from './proof.js';

const CHANNELS: Readonly<Record<Exploration['channel'], string>> = {
  once: 'every event once, in every order of arrival',
  'at least once': 'every event any number of times, as after a crash at any point',
};

const number = (value: number) => value.toLocaleString('en');

function explored({ channel, states, transitions, endings }: Exploration): string {
  const ends = [...endings].map(([ending, count]) => `${ending} (${number(count)})`).join(', ');
  return `  ${CHANNELS[channel]}:\n    ${number(states)} states, ${number(transitions)} transitions; done with everything: ${ends}`;
}

/** What was verified, or every problem. */
export function reportOf(proof: Proof): string {
  const { problems, services, steps, sagaSteps, outcomes, events, failures, explorations } = proof;
  if (problems.length > 0) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    return `${problems.map(printed).join('\n\n')}\n\n${count} in the choreography`;
  }
  return [
    `The choreography holds: ${services} services, ${steps} steps (${sagaSteps} in the saga), ${outcomes} outcomes, ${events} events.`,
    '',
    '  parties        every event has its emitters, and a consumer or observers only',
    '  outcomes       every step says how it ends: at first, when the same comes again, when its undoing came first',
    '  compensation   every step that changes state is compensated, or the point of no return, or says why not',
    `  failures       ${failures} pairs of a failure and work before it: each leads to the step that undoes the work`,
    '  deadlines      every state that is no ending has one, and it leads to an ending after a step gave up',
    '  endings        every run ends in exactly one ending; what was done is undone, or past the point of no return',
    '  bounds         no chain of events goes round without a bound',
    '',
    'Explored',
    ...explorations.map(explored),
  ].join('\n');
}
