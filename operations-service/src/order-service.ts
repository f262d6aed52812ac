import { reasons } from '@quickstep/shared/contracts';

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

  /**
   * Asks for the order to be cancelled.
   *
   * @param reason what the customer is told
   * @returns what the service says: accepted, or why it refuses; undefined when it has no such order
   * @throws Error when it cannot be asked
   */
  async cancel(
    orderId: string,
    reason: string | undefined,
  ): Promise<{ readonly accepted: boolean; readonly detail: string } | undefined> {
    if (this.#url === undefined) throw new Error('This service was not told where the order service is');
    const url = `${this.#url}/orders/${encodeURIComponent(orderId)}/cancel`;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: reason ?? reasons.operator }),
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE),
    });
    const told: { readonly detail?: string; readonly status?: string; readonly code?: string } = JSON.parse(
      await response.text(),
    );
    // By its code: another server at this address may answer 404 to anything.
    if (response.status === 404 && told.code === 'order_not_found') return undefined;
    return { accepted: response.ok, detail: told.detail ?? told.status ?? `status ${response.status}` };
  }
}
