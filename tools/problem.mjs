/** An error that the user can act on: printed as its message, without a stack. */
export class Problem extends Error {}
