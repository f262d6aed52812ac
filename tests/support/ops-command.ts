import type { OpsCommand } from '../../tools/src/ops/command.js';
import { Problem } from '../../tools/src/problem.js';
import type { Operations } from './operations.js';

/** Runs a command of `npm run ops` in this process, against the operations service of a test. */
export async function runOps(
  operations: Operations,
  command: OpsCommand,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly printed: readonly string[] }> {
  const printed: string[] = [];
  const json = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const answer = await operations.call<Body>(method, path, body);
    if (answer.status >= 400) throw new Problem(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const code = await command.run(args, {
    client: () => ({ url: operations.url, json, stream: () => Promise.reject(new Error('Nothing is streamed here')) }),
    signal: new AbortController().signal,
    print: (text) => void printed.push(text),
  });
  return { code, printed };
}
