/** A server does not let an administrator set it up; the message says what to do. */
export class SetUpRefused extends Error {
  override readonly name = 'SetUpRefused';
}
