const PATIENCE = 2_000;

/** The order service, as far as it is asked: over its HTTP. */
export class OrderService {
  readonly #url: string | undefined;

  /** @param url undefined when this service was not told where it is */
  constructor(url: string | undefined) {
    this.#url = url;
  }

  /** When the saga must have ended; undefined when it has no deadline any more, or the service cannot be asked. */
  async deadlineOf(orderId: string): Promise<string | undefined> {
    if (this.#url === undefined) return undefined;
    const url = `${this.#url}/orders/${encodeURIComponent(orderId)}`;
    try {
      const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(PATIENCE) });
      const order: unknown = await response.json();
      const known = typeof order === 'object' && order !== null && 'deadlineAt' in order ? order.deadlineAt : undefined;
      return typeof known === 'string' ? known : undefined;
    } catch {
      // What it does not say is shown as unknown: the rest of the saga is there all the same.
      return undefined;
    }
  }
}
