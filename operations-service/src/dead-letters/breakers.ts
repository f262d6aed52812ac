import { choreographies } from '@quickstep/system';

const OPEN = 2;
const TIMEOUT_MS = 5_000;

function effectsOf(service: string, steps: readonly string[]): string[] {
  const declared = choreographies.find((each) => each.service === service)?.steps ?? {};
  return steps.flatMap((step) => declared[step]?.effect ?? []);
}

/** The states of a service's circuit breakers, by effect, in the text of its metrics. */
export function breakersIn(metrics: string): ReadonlyMap<string, number> {
  const lines = metrics.matchAll(/^quickstep_breaker_state\{([^}]*)\} (\d)$/gm);
  return new Map([...lines].map(([, labels = '', state]) => [/effect="([^"]*)"/.exec(labels)?.[1] ?? '', Number(state)]));
}

/** Asks a service whether a part of the outside world that these steps call is away; undefined when it is not, or nobody knows. */
export async function openBreaker(
  urls: ReadonlyMap<string, string>,
  service: string,
  steps: readonly string[],
): Promise<string | undefined> {
  const effects = effectsOf(service, steps);
  const url = urls.get(service);
  if (effects.length === 0 || url === undefined) return undefined;
  const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const breakers = breakersIn(await response.text());
  const away = effects.find((effect) => breakers.get(effect) === OPEN);
  return away === undefined ? undefined : `the ${away} is away: its circuit breaker is open`;
}
