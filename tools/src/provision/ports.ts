import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range from which systems take the ports of outgoing connections, which could otherwise grab a chosen port. */
const lowest = 20_000;
const highest = 32_000;

/** The workers of a test run choose at the same time: each from a part of its own. */
const PARTS = 8;

function range(): [number, number] {
  const worker = Number(process.env.JEST_WORKER_ID);
  if (!(worker > 0)) return [lowest, highest];
  const size = (highest - lowest) / PARTS;
  const first = lowest + (worker % PARTS) * size;
  return [first, first + size];
}

export function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Chosen ports are free until their server listens: nobody else in this process may choose them meanwhile. */
const chosen = new Set<number>();

/** The preferred port when it is free, else a random free one: two commands that start at once hardly meet. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  for (;;) {
    const port = randomInt(...range());
    if (chosen.has(port)) continue;
    chosen.add(port);
    if (await isFree(port)) return port;
  }
}
