import { Busy, Conflict, reasonOf, Unavailable } from '@quickstep/shared/pipeline';
import type { Environment } from './environment.js';
import type { PlannedChange, PlannedOrder, Scenario } from './scenario.js';
import type { ServiceProcess } from './service-process.js';
import { StepFailed } from './watched-steps.js';

/** A request that a client is about to send. */
export interface Request {
  /** So many events of the world must have happened before. */
  readonly notBefore: number;
  readonly about: string;
  send(process: ServiceProcess): void;
  readonly service: string;
}

type Answer = Awaited<ReturnType<ServiceProcess['pipeline']['execute']>>;

/** What to ask, and what to make of the answer. Without `repeat` a request that gets no answer is given up. */
interface Asked {
  readonly service: string;
  readonly command: string;
  readonly subject: string;
  readonly body: unknown;
  readonly idempotencyKey?: string | undefined;
  readonly repeat: boolean;
  answered(answer: Answer): void;
}

const SHOWN_AT_ONCE = 2;
const PAUSE = 20;
const BACKOFF_MS = 100;

/** Customers and the shop's staff: they send their requests through the pipeline's own commands, and again when no answer comes. */
export class Clients {
  readonly waiting: Request[] = [];
  outstanding = 0;
  #backingOff = 0;
  readonly #environment: Environment;
  #now = 0;

  constructor(scenario: Scenario, environment: Environment) {
    this.#environment = environment;
    for (const plan of scenario.orders) this.#plan(this.#placing(plan), 0);
    scenario.changes.forEach((change, index) => void this.#plan(this.#changing(change), index * 10));
  }

  get done(): boolean {
    return this.waiting.length === 0 && this.outstanding === 0 && this.#backingOff === 0;
  }

  /** What has not ended, in words. */
  left(): string[] {
    const requests = this.waiting.length + this.outstanding + this.#backingOff;
    return requests === 0 ? [] : [`${requests} requests have no answer`];
  }

  /**
   * What could be sent now.
   *
   * @param now how many events of the world have happened
   * @param hurry whether nobody waits for more of them to happen
   */
  ready(now: number, hurry: boolean): Request[] {
    this.#now = now;
    const ready: Request[] = [];
    for (const request of this.waiting) {
      if (hurry || request.notBefore <= now) ready.push(request);
      if (ready.length === SHOWN_AT_ONCE) break;
    }
    return ready;
  }

  send(request: Request, process: ServiceProcess): void {
    this.waiting.splice(this.waiting.indexOf(request), 1);
    request.send(process);
  }

  #plan(asked: Asked, later: number): void {
    this.waiting.push({
      notBefore: this.#now + later,
      about: `${asked.command} ${asked.subject}`,
      service: asked.service,
      send: (process) => this.#ask(asked, process),
    });
  }

  /** Time must pass before the next attempt: a service that turns everybody away may be waiting for it. */
  #planLater(asked: Asked): void {
    this.#backingOff++;
    this.#environment.time.after(BACKOFF_MS, this, `${asked.command} ${asked.subject} again`, () => {
      this.#backingOff--;
      this.#plan(asked, 0);
    });
  }

  #ask(asked: Asked, process: ServiceProcess): void {
    const { newId, ledger, trace } = this.#environment;
    const { command, subject, idempotencyKey } = asked;
    const requestId = newId();
    ledger.request(requestId, `${command} ${subject}`);
    trace.note('client', process.name, `${command} ${trace.shortOf(subject)}`);
    this.outstanding++;
    const over = () => {
      this.outstanding--;
      process.requests.delete(lost);
    };
    const lost = () => {
      over();
      if (asked.repeat) this.#planLater(asked);
    };
    process.requests.add(lost);
    process.backlog.push(`${command} ${subject}`);
    process.pipeline.execute(command, asked.body, { id: requestId, subject, idempotencyKey }).then(
      (answer) => {
        over();
        asked.answered(answer);
      },
      (error) => {
        if (error instanceof Unavailable || error instanceof Conflict || error instanceof Busy || error instanceof StepFailed)
          lost();
        else ledger.violate('no command fails', `${command}: ${reasonOf(error)}`);
      },
    );
  }

  #placing(plan: PlannedOrder): Asked {
    return {
      ...placeOrder(plan),
      repeat: plan.idempotencyKey !== undefined,
      answered: (answer) => {
        const { ledger, faults } = this.#environment;
        if (!answer.accepted) return ledger.violate('a good order is accepted', `${answer.code}: ${answer.detail}`);
        ledger.accepted(plan.id);
        faults.count('order placed');
        if (plan.again !== 'no') this.#plan(this.#again(plan), PAUSE);
        if (plan.cancelAfter !== undefined) this.#plan(this.#cancelling(plan.id), plan.cancelAfter);
      },
    };
  }

  #again(plan: PlannedOrder): Asked {
    const body = { ...placeOrder(plan).body, ...(plan.again === 'other' ? { customerId: 'somebody-else' } : {}) };
    return {
      ...placeOrder(plan),
      body,
      repeat: true,
      answered: (answer) => {
        const { ledger, faults } = this.#environment;
        const expected = plan.again === 'same';
        if (answer.accepted !== expected) ledger.violate('an idempotency key stands for one request', plan.id);
        faults.count(expected ? 'request repeated' : 'idempotency key reused');
      },
    };
  }

  #cancelling(orderId: string): Asked {
    return {
      service: 'order-service',
      command: 'cancelOrder',
      subject: orderId,
      body: {},
      repeat: true,
      answered: (answer) => {
        const { ledger, faults } = this.#environment;
        if (answer.accepted) ledger.cancellationAccepted(orderId);
        else if (answer.code === 'order_ended') ledger.mustHaveEnded(orderId);
        else ledger.violate('a placed order is known', `${answer.code}: ${answer.detail}`);
        faults.count(answer.accepted ? 'cancellation accepted' : 'cancellation too late');
      },
    };
  }

  /** Staff do not repeat: a change of stock without an answer may have been made. */
  #changing({ sku, unitPrice, delta = 0 }: PlannedChange): Asked {
    const answered = () => this.#environment.faults.count('catalogue or stock changed');
    const about = { service: 'inventory-service', subject: sku, repeat: false, answered };
    if (unitPrice === undefined) return { ...about, command: 'adjustStock', body: { delta, reason: 'Counted' } };
    return { ...about, command: 'putItem', body: { name: `Item ${sku}`, unitPrice, currency: 'EUR' } };
  }
}

function placeOrder({ id, lines, paymentMethod, country, email, idempotencyKey }: PlannedOrder) {
  const shippingAddress = { name: 'A. Customer', line1: 'Some street 1', city: 'Somewhere', postalCode: '12345', country };
  return {
    service: 'order-service',
    command: 'placeOrder',
    subject: id,
    idempotencyKey,
    body: {
      customerId: 'customer-1',
      items: [...lines],
      paymentMethod,
      shippingAddress,
      ...(email === undefined ? {} : { email }),
    },
  };
}
