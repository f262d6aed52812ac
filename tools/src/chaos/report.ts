import { median, sum } from '../bench/statistics.js';
import { decimal, integer, type Table } from '../bench/table.js';
import { faults as kinds } from './faults/index.js';
import type { FaultRow, Run } from './record.js';

/** Seconds within which the flow must have recovered, unless the kind of fault says why not. */
export const RECOVERY_SECONDS = 10;

type Rows = Pick<Run, 'parts' | 'faults' | 'rounds'>;

const never = 'never';
const seconds = (value: number | null) => (value === null ? never : decimal(value));
const worst = (values: readonly (number | null)[]) =>
  values.includes(null) ? null : Math.max(...values.map((each) => each ?? 0));

/** One line for each kind of fault. */
export function faultTable({ faults }: Rows): Table {
  const names = kinds.map(({ name }) => name).filter((name) => faults.some(({ kind }) => kind === name));
  const rows = names.map((name) =>
    line(
      name,
      faults.filter(({ kind }) => kind === name),
    ),
  );
  return {
    title: 'Faults',
    columns: ['fault', 'times', 'in flight', 'lost', 'doubled', 'stuck', 'recovery s, median', 'worst', 'drained s, worst'],
    rows: [...rows, line('all', faults)],
    notes: [
      'in flight: orders that were open while a fault lasted. recovery: from the end of a fault until orders end at a normal rate again.',
      'drained: until every order that was open at the end of a fault had ended.',
    ],
  };
}

function line(name: string, rows: readonly FaultRow[]): string[] {
  const recoveries = rows.map(({ recoverySeconds }) => recoverySeconds);
  const total = (key: 'lost' | 'doubled' | 'stuck') => integer(new Set(rows.flatMap((row) => row[key])).size);
  return [
    name,
    integer(rows.length),
    integer(sum(rows.map(({ inFlight }) => inFlight))),
    total('lost'),
    total('doubled'),
    total('stuck'),
    decimal(median(recoveries.map((each) => each ?? Number.POSITIVE_INFINITY))),
    seconds(worst(recoveries)),
    seconds(worst(rows.map(({ drainedSeconds }) => drainedSeconds))),
  ];
}

export function totalsTable({ parts, rounds, faults }: Rows): Table {
  const total = (key: 'orders' | 'completed' | 'cancelled' | 'refusals' | 'events' | 'lost' | 'doubled' | 'stuck') =>
    integer(sum(rounds.map((round) => round[key])));
  const rows = [
    ['faults, kinds', `${faults.length}, ${new Set(faults.map(({ kind }) => kind)).size}`],
    ['orders: completed, cancelled', `${total('orders')}: ${total('completed')}, ${total('cancelled')}`],
    ['of these given up, though they could have been completed', integer(sum(rounds.map(({ givenUp }) => givenUp.length)))],
    ['events, each traced to its cause', total('events')],
    ['requests made again', total('refusals')],
    ['lost, doubled, stuck', `${total('lost')}, ${total('doubled')}, ${total('stuck')}`],
    ['violations of invariants', integer(sum(rounds.map(({ violations }) => violations.length)))],
    ['messages parked', integer(sum(parts.map(({ part }) => parkedIn(rounds, part))))],
    ...parts.map(({ part, date, commit, node, servers }) => [
      `part ${part}`,
      `${date.slice(0, 19)}, ${commit}, Node.js ${node}, ${servers}`,
    ]),
  ];
  return { title: 'Run', columns: ['', ''], rows };
}

/** They stay: those at the end of a part are all of it. */
const parkedIn = (rounds: Rows['rounds'], part: number) => rounds.findLast((each) => each.part === part)?.parked.length ?? 0;

/** What must not be. Empty when all is well. */
export function shortcomings({ faults, rounds }: Rows): string[] {
  const slow = new Map(kinds.map(({ name, slow: why }) => [name, why]));
  const name = ({ number, kind, target }: FaultRow) => `fault ${number}, ${kind} (${target})`;
  return [
    ...rounds.flatMap(({ round, violations }) => violations.map((each) => `round ${round}: ${each}`)),
    ...rounds.flatMap(({ round, lost, doubled, stuck }) =>
      lost + doubled + stuck === 0 ? [] : [`round ${round}: ${lost} lost, ${doubled} doubled, ${stuck} stuck`],
    ),
    ...faults
      .filter(({ failure }) => failure !== null)
      .map((row) => `${name(row)} could not be brought about or ended: ${row.failure}`),
    ...faults.filter(({ evidence }) => evidence === null).map((row) => `${name(row)} did not bite`),
    ...faults.filter(({ recoverySeconds }) => recoverySeconds === null).map((row) => `${name(row)}: the flow did not recover`),
    ...faults
      .filter(({ recoverySeconds, kind }) => (recoverySeconds ?? 0) > RECOVERY_SECONDS && slow.get(kind) === undefined)
      .map((row) => `${name(row)}: the flow recovered after ${seconds(row.recoverySeconds)} s, not ${RECOVERY_SECONDS}`),
  ];
}
