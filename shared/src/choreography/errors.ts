/** Thrown by a step: trying again cannot help, park the event for an operator. Any other error means "try again". */
export class Permanent extends Error {
  override readonly name: string = 'Permanent';
}

/**
 * Thrown by a step: what the outside world answers does not fit what the row knows. That may mend itself, so it is tried again as often
 * as every failure; then the event is parked, a compensation too, as only a person can tell which of the two is right.
 */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';
}
