/** Thrown by a step: trying again cannot help, park the event for an operator. Any other error means "try again". */
export class Permanent extends Error {
  override readonly name = 'Permanent';
}
