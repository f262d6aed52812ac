import type { PaymentGateway } from '@quickstep/payment-service/service';
import type { Carrier } from '@quickstep/shipping-service/service';

interface Visitor {
  readonly reference: string;
  go(): void;
}

/** A point at which orders can be held: closed, whoever comes waits; open, they pass. */
export class Gate {
  #closed = false;
  #waiting: Visitor[] = [];
  #watchers: (() => void)[] = [];

  close(): void {
    this.#closed = true;
  }

  /** Lets pass whoever comes from now on; those who wait still wait. */
  openForNewcomers(): void {
    this.#closed = false;
  }

  open(): void {
    this.#closed = false;
    for (const { go } of this.#waiting.splice(0)) go();
  }

  /** Resolves when this order stands before the gate. */
  async holds(reference: string): Promise<void> {
    while (!this.#waiting.some((visitor) => visitor.reference === reference)) {
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  pass(reference: string): Promise<void> {
    if (!this.#closed) return Promise.resolve();
    return new Promise((go) => {
      this.#waiting.push({ reference, go });
      for (const tell of this.#watchers.splice(0)) tell();
    });
  }
}

/** Where a call to the outside can be held: on its way there, and with its answer on its way back. */
export interface Gates {
  readonly beforeCharge: Gate;
  readonly afterCharge: Gate;
  readonly afterRefund: Gate;
  readonly beforeBooking: Gate;
  readonly afterBooking: Gate;
}

export const newGates = (): Gates => ({
  beforeCharge: new Gate(),
  afterCharge: new Gate(),
  afterRefund: new Gate(),
  beforeBooking: new Gate(),
  afterBooking: new Gate(),
});

export function gatedGateway(gateway: PaymentGateway, gates: Gates): PaymentGateway {
  return {
    async charge(charge, key, signal) {
      await gates.beforeCharge.pass(charge.reference);
      const outcome = await gateway.charge(charge, key, signal);
      await gates.afterCharge.pass(charge.reference);
      return outcome;
    },
    async refund(reference, key, signal) {
      const outcome = await gateway.refund(reference, key, signal);
      await gates.afterRefund.pass(reference);
      return outcome;
    },
    reverse: (...call) => gateway.reverse(...call),
  };
}

export function gatedCarrier(carrier: Carrier, gates: Gates): Carrier {
  return {
    async book(parcel, key, signal) {
      await gates.beforeBooking.pass(parcel.reference);
      const outcome = await carrier.book(parcel, key, signal);
      await gates.afterBooking.pass(parcel.reference);
      return outcome;
    },
    recall: (...call) => carrier.recall(...call),
  };
}
