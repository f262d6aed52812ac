import { causeOf, Problem } from '../problem.js';

/** Asks a service over its own HTTP. @throws Problem with what it says when it refuses */
export async function askService<Body>(
  method: 'GET' | 'POST' | 'PUT',
  url: string,
  signal: AbortSignal | null,
  body?: unknown,
): Promise<Body> {
  const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await fetch(url, { method, signal, ...content }).catch((error: unknown) => {
    throw new Problem(`${url} cannot be reached (${causeOf(error)}). Is the system running? npm start`);
  });
  const text = await response.text();
  if (response.ok) return JSON.parse(text);
  const detail = /"detail":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text.slice(0, 200);
  throw new Problem(`${url} answered ${response.status}: ${detail}`);
}
