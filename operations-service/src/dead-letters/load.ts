import { breakersIn } from './breakers.js';

/** What so many messages wait in front of may only be late. */
const BACKLOG = 100;
const OPEN = 2;
const TIMEOUT_MS = 5_000;

const number = (metrics: string, name: string) => Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(metrics)?.[1]);

/** Whether a service consumes, has little before it, and can call the outside world: what it has not done then it has not got. */
export async function isIdle(urls: ReadonlyMap<string, string>, service: string): Promise<boolean> {
  const url = urls.get(service);
  if (url === undefined) return false;
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => undefined);
  const metrics = (await answer?.text()) ?? '';
  const away = [...breakersIn(metrics).values()].includes(OPEN);
  return !away && number(metrics, 'quickstep_queue_messages') <= BACKLOG && number(metrics, 'quickstep_queue_consumers') > 0;
}
