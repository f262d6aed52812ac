import { type EarlierContract, type EventContract, majorOf } from './event.js';

const VERSION = /^\d{1,6}\.\d{1,6}$/;

function versionOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'dataversion' in value ? value.dataversion : undefined;
}

/**
 * The contract by which an event is to be checked: that of its own major. An event without a version, or with one that cannot be read, is
 * checked as one of the current major, which says what is wrong.
 *
 * @returns undefined when the event is of a major that the contract knows no way to lift
 */
export function contractFor(contract: EventContract, value: unknown): EventContract | undefined {
  const version = versionOf(value);
  if (version === contract.dataversion || typeof version !== 'string' || !VERSION.test(version)) return contract;
  const major = majorOf(version);
  if (major === majorOf(contract.dataversion)) return contract;
  return earlierOf(contract, major);
}

function earlierOf(contract: EventContract, major: string): EarlierContract | undefined {
  return contract.earlier.find(({ dataversion }) => majorOf(dataversion) === major);
}

/** The majors that a contract reads, the oldest first. */
export function majorsOf({ dataversion, earlier }: EventContract): string[] {
  return [...earlier, { dataversion }].map((each) => majorOf(each.dataversion)).sort((a, b) => Number(a) - Number(b));
}

/** Whether an event says that it is published in a major, too, that the contract reads: such a copy may be left to the others. */
export function comesReadable(contract: EventContract, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('dataversions' in value)) return false;
  const { dataversions } = value;
  if (typeof dataversions !== 'string' || dataversions.length > 256) return false;
  const majors = majorsOf(contract);
  return dataversions.split(' ').some((version) => VERSION.test(version) && majors.includes(majorOf(version)));
}

/** Why an event of an unknown major cannot be handled. */
export function unreadMajor(contract: EventContract, value: unknown): string {
  const majors = majorsOf(contract);
  const read = majors.length === 1 ? `major ${majors[0]}` : `majors ${majors.join(', ')}`;
  return `${contract.type} ${versionOf(value)} is of a major version that this service does not read; it reads ${read}`;
}
