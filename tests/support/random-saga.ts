import { type AnyDecision, type AnyMessage, type AnyStep, callsOutside, reactsTo } from '@quickstep/shared/choreography';
import { sampleOrder } from '@quickstep/shared/contracts/testing';
import { firing, given, happened, request, row } from '@quickstep/shared/testing';
import { type Adapters, choreographies, services } from '@quickstep/system';
import type { DeclaredRun } from '@quickstep/system/proof';
import { Stock } from '../../inventory-service/src/db/tables.js';
import { Catalogue } from '../../order-service/src/db/tables.js';

/** Picks a whole number below `many`. */
export type Pick = (many: number) => number;

interface Delivery {
  readonly service: string;
  readonly name: string;
  readonly step: AnyStep;
  readonly type: string;
  readonly message: AnyMessage;
  readonly answered?: { readonly answer: unknown };
}

const DEADLINE = 60_000;

/** Providers of one order: they stay with their answer, but now and then make a charge or a parcel twice. */
function outside(pick: Pick): Adapters {
  const charges: string[] = [];
  let refund: { kind: 'refunded'; refundId: string; chargeId: string; amount: number } | undefined;
  let parcels = 0;
  const declines = pick(4) === 0;
  const refuses = pick(4) === 0;
  const refusesMail = pick(4) === 0;
  const twice = () => pick(12) === 0;
  return {
    gateway: {
      charge: async () => {
        if (declines) return { kind: 'declined', reason: 'no funds' };
        if (charges.length === 0 || twice()) charges.push(`ch_${charges.length}`);
        return { kind: 'charged', chargeId: charges.at(-1) ?? '' };
      },
      refund: async () => {
        const [chargeId] = charges;
        if (refund === undefined && chargeId !== undefined)
          refund = { kind: 'refunded', refundId: 're_1', chargeId, amount: 2_500 };
        return refund ?? { kind: 'nothing-charged' };
      },
      reverse: async ({ chargeId }) => `rv_${chargeId}`,
    },
    carrier: {
      book: async () => {
        if (refuses) return { kind: 'refused', reason: 'no route' };
        if (parcels === 0 || twice()) parcels += 1;
        return { kind: 'booked', trackingNumber: `TRACK-${parcels}` };
      },
      recall: async () => undefined,
    },
    mailer: { send: async () => (refusesMail ? { kind: 'refused', reason: 'unknown' } : { kind: 'sent' }) },
  };
}

/** What one saga of the real steps did that its declarations do not allow. */
export class RandomSaga {
  readonly departures: string[] = [];
  readonly seen = new Set<string>();
  readonly #pick: Pick;
  readonly #run: DeclaredRun;
  readonly #steps: readonly Omit<Delivery, 'message' | 'type'>[];
  readonly #world;
  readonly #order = sampleOrder();
  #flight: Delivery[] = [];

  constructor(run: DeclaredRun, pick: Pick) {
    run.begin();
    this.#run = run;
    this.#pick = pick;
    const adapters = outside(pick);
    this.#steps = Object.values(services).flatMap((service) => {
      const { choreography, steps } = service.steps(adapters, { orderDeadline: DEADLINE });
      return Object.entries(steps).map(([name, step]) => ({ service: choreography.service, name, step }));
    });
    const available = pick(4) === 0 ? 0 : 10;
    const stock = this.#order.items.map(({ sku }) => row(Stock, { sku, available, onHand: available, revision: 1 }));
    const { currency } = this.#order;
    const known = this.#order.items.map(({ sku, unitPrice }) => row(Catalogue, { sku, unitPrice, currency, revision: 1 }));
    this.#world = given(...stock, ...known);
  }

  /** Lets it go on for so many moves: each a delivery, an effect, a copy, a request or a deadline. */
  async moves(many: number): Promise<void> {
    const { orderId, customerId, items, paymentMethod, shippingAddress } = this.#order;
    const wanted = items.map(({ sku, quantity }) => ({ sku, quantity }));
    const place = request(orderId, { customerId, items: wanted, paymentMethod, shippingAddress });
    this.#unasked('placeOrder', place);
    for (let move = 0; move < many; move += 1) {
      const chance = this.#pick(20);
      if (chance === 0) this.#unasked('cancelOrder', request(orderId, {}));
      else if (chance === 1) this.#unasked('expireOrder', firing(orderId), new Date(Date.now() + 1_000 * DEADLINE * move));
      else await this.#deliver();
    }
  }

  #unasked(name: string, message: AnyMessage, now = new Date()): void {
    const found = this.#steps.find((each) => each.name === name);
    if (found !== undefined) this.#decide({ ...found, type: '', message }, now);
  }

  async #deliver(): Promise<void> {
    const index = this.#pick(Math.max(1, this.#flight.length));
    const delivery = this.#flight[index];
    if (delivery === undefined) return;
    if (callsOutside(delivery.step, delivery.message) && delivery.answered === undefined) {
      const answer = await delivery.step.effect?.(
        delivery.message,
        `${delivery.name} ${delivery.type}`,
        new AbortController().signal,
      );
      this.#flight[index] = { ...delivery, answered: { answer } };
      return;
    }
    this.#flight.splice(index, 1);
    if (this.#pick(3) === 0) this.#flight.push(copyOf(delivery));
    this.#decide(delivery, new Date());
  }

  #decide(delivery: Delivery, now: Date): void {
    const { service, name, type, step, message, answered } = delivery;
    const allowed = this.#run.allowed(service, name, type);
    let decision: AnyDecision;
    try {
      decision = this.#world.when(step, message, { now, answer: answered?.answer });
    } catch {
      // Parked, or to be tried again: nothing was decided.
      return;
    }
    if ('notDue' in decision) return;
    const ended = 'accepted' in decision ? (decision.accepted ? decision.ended : undefined) : decision;
    if (ended === undefined) return;
    this.seen.add(`${name}.${ended.outcome}`);
    if (!allowed.has(ended.outcome))
      this.departures.push(
        `${name} ended in ${ended.outcome} after ${type || 'no event'}; declared: ${allowed.outcomes.join(', ')}`,
      );
    this.#run.ended(service, name, type, ended.outcome);
    for (const draft of ended.events) this.#emit(happened(draft));
  }

  #emit(event: ReturnType<typeof happened>): void {
    for (const { service, steps } of choreographies)
      for (const [name, declared] of Object.entries(steps)) {
        const found = this.#steps.find((each) => each.service === service && each.name === name);
        if (found !== undefined && reactsTo(declared).some(({ type }) => type === event.type))
          this.#flight.push({ ...found, type: event.type, message: event });
      }
  }
}

/** The same event again: its effect is asked again too. */
function copyOf({ answered: _answered, ...delivery }: Delivery): Delivery {
  return delivery;
}
