import { Problem } from '../problem.js';
import type { Protection } from './list.js';

/** What jest writes with `--json`, as far as it is read here. */
export interface TestRun {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** The text of the file without the protection. @throws Problem when what is to be replaced does not occur exactly once */
export function without({ name, file, search, replacement }: Protection, text: string): string {
  const found = text.split(search).length - 1;
  if (found !== 1) throw new Problem(`"${name}": the text to replace occurs ${found} times in ${file}, not once: ${search}`);
  return text.split(search).join(replacement);
}

export const failedTests = ({ testResults }: TestRun): string[] =>
  testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ status, fullName }) => (status === 'failed' ? [fullName] : [])),
  );

/** What is wrong with a test without the change; undefined when it passes. */
export function baselineProblem(run: TestRun): string | undefined {
  if (run.numRuntimeErrorTestSuites > 0) return 'cannot be loaded';
  if (run.numFailedTests > 0) return `fails without any change: ${failedTests(run).join('; ')}`;
  return run.numPassedTests === 0 ? 'has no tests' : undefined;
}

/** What is wrong with a test after the change: it must fail in a test, not because the code no longer loads. */
export function changedProblem(run: TestRun): string | undefined {
  if (run.numRuntimeErrorTestSuites > 0) return 'could not be loaded: the change breaks the code instead of the protection';
  return run.numFailedTests === 0 ? 'stays green: no test shows this protection' : undefined;
}
