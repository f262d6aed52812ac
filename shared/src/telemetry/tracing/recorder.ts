import { isSampled, traceIdIn } from '../../pipeline/index.js';
import { type Beginning, RecordedSpan } from './recorded-span.js';
import type { Sdk } from './sdk.js';

/** Begins spans of sampled traces. */
export class Recorder {
  readonly #sdk: Pick<Sdk, 'samples' | 'origin'>;

  constructor(sdk: Pick<Sdk, 'samples' | 'origin'>) {
    this.#sdk = sdk;
  }

  /** Whether what has this parent, or else begins this trace, is to be recorded. @param traceId asked for only without a parent */
  samples(parent: string | undefined, traceId: () => string | undefined): boolean {
    const inherited = traceIdIn(parent);
    if (parent !== undefined && inherited !== undefined) return this.#sdk.samples(inherited, isSampled(parent));
    return this.#sdk.samples(traceId() ?? '', undefined);
  }

  begin(beginning: Beginning): RecordedSpan {
    return new RecordedSpan(this.#sdk.origin, beginning);
  }
}
