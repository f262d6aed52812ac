import { samplesOf, sumOf } from '@quickstep/shared/telemetry';
import { hasOpenBreaker } from './breakers.js';

/** What so many messages wait in front of may only be late. */
const BACKLOG = 100;
const TIMEOUT_MS = 5_000;

/** Whether a service consumes, has little before it, and can call the outside world: what it has not done then it has not got. */
export async function isIdle(urls: ReadonlyMap<string, string>, service: string): Promise<boolean> {
  const url = urls.get(service);
  if (url === undefined) return false;
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => undefined);
  const samples = samplesOf((await answer?.text()) ?? '');
  const [waiting, consumers = 0] = ['quickstep_queue_messages', 'quickstep_queue_consumers'].map((name) => sumOf(samples, name));
  return !hasOpenBreaker(samples) && waiting !== undefined && waiting <= BACKLOG && consumers > 0;
}
