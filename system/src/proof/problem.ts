/** One thing that is wrong with the declarations, said as a compiler would say it. */
export interface Problem {
  /** What is wrong, in one line that names it. */
  readonly what: string;
  /** Service and step or outcome: `payment-service: chargePayment.declined`. */
  readonly where: string;
  /** How to get there: the run, or the chain of events, that shows it. */
  readonly path: readonly string[];
  /** What would put it right. */
  readonly help: string;
}

/** A problem as text: what, where, the path that shows it, what to do. */
export function printed({ what, where, path, help }: Problem): string {
  const steps = path.map((each, index) => `  ${index === 0 ? 'path:' : '     '} ${each}`);
  return [`error: ${what}`, `    --> ${where}`, ...steps, `  help: ${help}`].join('\n');
}
