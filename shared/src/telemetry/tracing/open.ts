import type { SdkOptions } from './sdk.js';
import { createTraces, type Traces } from './traces.js';

export interface TracesOptions extends Omit<SdkOptions, 'endpoint'> {
  /** Without one nothing is traced, and the SDK is not even loaded. */
  readonly endpoint: string | undefined;
}

export interface OpenTraces {
  readonly traces: Traces;
  /** Delivers what is left, as far as the receiver takes it. */
  close(): Promise<void>;
}

/** Loads the OpenTelemetry SDK and begins to trace, if there is somebody to tell. */
export async function openTraces({ endpoint, ...options }: TracesOptions): Promise<OpenTraces | undefined> {
  if (endpoint === undefined) return undefined;
  const { startSdk } = await import('./sdk.js');
  const sdk = startSdk({ ...options, endpoint });
  return { traces: createTraces(options.service, sdk), close: () => sdk.stop() };
}
