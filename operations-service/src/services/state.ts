import { reasonOf } from '@quickstep/shared/pipeline';
import { type Sample, samplesOf } from '@quickstep/shared/telemetry';

export interface ServiceState {
  readonly service: string;
  readonly url: string;
  /** Undefined when it does not answer. */
  readonly ready: boolean | undefined;
  /** What is wrong, in the service's own words, or why it cannot be asked. */
  readonly troubles: readonly string[];
  readonly samples: readonly Sample[];
}

const PATIENCE_MS = 2_000;

/** The samples of a service's own metrics; those of Node.js are left out, and what is not a number. A distribution is told by its sum and count. */
const isShown = ({ name, value }: Sample) => name.startsWith('quickstep_') && !name.endsWith('_bucket') && Number.isFinite(value);

async function ask(url: string): Promise<Response> {
  return fetch(url, { redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MS) });
}

/** `failing` of a service that is ready, `errors` of one that is not. */
interface Readiness {
  readonly failing?: readonly { readonly name: string; readonly detail: string }[];
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

function troublesIn(text: string): string[] {
  try {
    const { failing = [], errors = [] }: Readiness = JSON.parse(text);
    const named = [...failing, ...errors.map(({ pointer, detail }) => ({ name: pointer.replace('/checks/', ''), detail }))];
    return named.map(({ name, detail }) => `${name}: ${detail}`);
  } catch {
    return ['what it says of itself cannot be read'];
  }
}

/** What a service says of itself now: its readiness and its metrics. */
export async function stateOf(service: string, url: string): Promise<ServiceState> {
  try {
    const [readiness, metrics] = await Promise.all([ask(`${url}/health/ready`), ask(`${url}/metrics`)]);
    const [told, text] = await Promise.all([readiness.text(), metrics.text()]);
    return { service, url, ready: readiness.ok, troubles: troublesIn(told), samples: samplesOf(text).filter(isShown) };
  } catch (error) {
    return { service, url, ready: undefined, troubles: [`it does not answer: ${reasonOf(error)}`], samples: [] };
  }
}
