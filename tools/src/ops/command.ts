import type { OperationsClient } from './client.js';

export interface OpsContext {
  /** Opened at first use: help needs no running system. */
  client(): OperationsClient;
  readonly signal: AbortSignal;
  /** Writes a line of the result. */
  print(text: string): void;
}

/** One command of `npm run ops`. */
export interface OpsCommand {
  /** As it is typed: `dead-letters list`. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` tells: arguments and options. */
  readonly usage: string;
  /** @returns the exit code */
  run(args: readonly string[], context: OpsContext): Promise<number>;
}
