import { randomUUID } from 'node:crypto';
import type { PlaceOrder } from '@quickstep/shared/contracts';
import type { CommandData } from '@quickstep/shared/events';
import { samplesOf, sumOf } from '@quickstep/shared/telemetry';
import type { Running, ServiceName } from './services.js';
import { until } from './until.js';

export type OrderRequest = CommandData<typeof PlaceOrder>;

/** An order as its service shows it. */
export interface OrderView {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly total: number;
  readonly stuckSince: string | null;
}

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

export interface Problem {
  readonly code: string;
  readonly detail: string;
}

const address = { name: 'Ada Lovelace', line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' };
const ordinary: OrderRequest = {
  customerId: 'customer-1',
  email: 'ada@example.com',
  items: [
    { sku: 'SKU-1', quantity: 2 },
    { sku: 'SKU-2', quantity: 1 },
  ],
  paymentMethod: 'pm_card_ok',
  shippingAddress: address,
};
/** The carrier refuses it. */
export const antarctica = { ...address, city: 'Ross Island', country: 'AQ' };

/** Whoever asks the services by HTTP: customers, the shopkeeper, and who reads the metrics. */
export abstract class ShopClient {
  readonly #placed: string[] = [];

  abstract service(name: ServiceName): Running;

  /** The placed orders, in order. */
  get placed(): readonly string[] {
    return this.#placed;
  }

  /** Places an order; `changes` are against an ordinary one that will be paid and shipped. */
  async place(changes: Partial<OrderRequest> = {}, headers: Readonly<Record<string, string>> = {}): Promise<OrderView> {
    const { status, body } = await this.call<OrderView>('order', 'POST', '/orders', { ...ordinary, ...changes }, headers);
    if (status !== 202) throw new Error(`The order was answered ${status}: ${JSON.stringify(body)}`);
    this.#placed.push(body.id);
    return body;
  }

  /** Places an order although the service may be away: asks again under the same key until it is there. @returns its id */
  async placeSurely(changes: Partial<OrderRequest> = {}): Promise<string> {
    const headers = { 'Idempotency-Key': randomUUID() };
    let refusal: unknown;
    const attempt = () =>
      this.place(changes, headers).catch((error: unknown) => {
        refusal = error;
        return undefined;
      });
    const { id } = await until(attempt, () => `The order service does not take the order: ${refusal}`);
    return id;
  }

  cancel(id: string): Promise<Answer<OrderView & Problem>> {
    return this.call('order', 'POST', `/orders/${id}/cancel`);
  }

  async order(id: string): Promise<OrderView> {
    return (await this.call<OrderView>('order', 'GET', `/orders/${id}`)).body;
  }

  async fill(sku: string, { unitPrice, onHand }: { readonly unitPrice: number; readonly onHand: number }): Promise<void> {
    const item = { name: `Item ${sku}`, unitPrice, currency: 'EUR', onHand };
    const { status, body } = await this.call('inventory', 'PUT', `/inventory/${sku}`, item);
    if (status >= 300) throw new Error(`The item was answered ${status}: ${JSON.stringify(body)}`);
  }

  async call<Body>(
    name: ServiceName,
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<Body>> {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(new URL(path, this.service(name).url), {
      method,
      ...content,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  }

  /** How many messages a service has handled with this outcome, as its metrics say; of one step, or of all. */
  async handledIn(name: ServiceName, outcome: string, step?: string): Promise<number> {
    const samples = samplesOf(await (await fetch(new URL('/metrics', this.service(name).url))).text());
    return sumOf(samples, 'quickstep_messages_total', { outcome, ...(step === undefined ? {} : { step }) }) ?? 0;
  }

  /** How many messages a service knew to have handled before. */
  duplicatesIn(name: ServiceName): Promise<number> {
    return this.handledIn(name, 'duplicate');
  }
}
