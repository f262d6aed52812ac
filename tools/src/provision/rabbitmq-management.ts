import { tryFetch, until } from '../wait.js';

/** `fetch` refuses credentials in a URL. */
const guest = { authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}` };

/** The broker's version, once the management API tells it. */
export function awaitManagement(url: string, signal: AbortSignal | undefined, check: () => void): Promise<string> {
  const probe = async () => {
    check();
    const response = await tryFetch(`${url}/api/overview`, { headers: guest });
    if (!response?.ok) return undefined;
    const { rabbitmq_version } = (await response.json()) as { rabbitmq_version: string };
    return rabbitmq_version;
  };
  return until(probe, {
    timeoutMs: 120_000,
    everyMs: 100,
    signal,
    failure: `RabbitMQ's management API at ${url} did not answer`,
  });
}
