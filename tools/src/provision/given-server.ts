import { connect } from 'node:net';
import { Problem } from '../problem.js';

/** Fails with a clear message when a server named by an environment variable does not answer. */
export async function checkGivenServer(variable: string, url: string, defaultPort: number): Promise<void> {
  if (!URL.canParse(url))
    throw new Problem(`${variable} is not a URL: correct it, or unset it to have a server started for you.`);
  const { hostname, port } = new URL(url);
  const target = { host: hostname || '127.0.0.1', port: Number(port) || defaultPort };
  const answers = await accepts(target);
  if (!answers) {
    throw new Problem(
      `${variable} names ${target.host}:${target.port}, where nothing answers. Start that server, correct ${variable}, or unset it to have one started for you.`,
    );
  }
}

export function accepts(target: { host: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...target, timeout: 3_000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
