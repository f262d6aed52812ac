import { type Sample, samplesOf, sumOf } from '@quickstep/shared/telemetry';
import { choreographies } from '@quickstep/system';

const BREAKER = 'quickstep_breaker_state';
const OPEN = 2;
const TIMEOUT_MS = 5_000;

function effectsOf(service: string, steps: readonly string[]): string[] {
  const declared = choreographies.find((each) => each.service === service)?.steps ?? {};
  return steps.flatMap((step) => declared[step]?.effect ?? []);
}

/** Whether a circuit breaker of the service is open, as its metrics say. */
export const hasOpenBreaker = (samples: readonly Sample[]): boolean =>
  samples.some(({ name, value }) => name === BREAKER && value === OPEN);

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
  const samples = samplesOf(await response.text());
  const away = effects.find((effect) => sumOf(samples, BREAKER, { effect }) === OPEN);
  return away === undefined ? undefined : `the ${away} is away: its circuit breaker is open`;
}
