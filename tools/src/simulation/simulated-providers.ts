import type { Money, ProvidersRecord } from '@quickstep/system/invariants';
import type { CallKind } from './calls.js';
import type { Environment } from './environment.js';
import type { Carrier, Mailer, PaymentGateway, ProviderRecords, Providers } from './providers.js';
import type { StepsAtWork } from './watched-steps.js';

/** A process as its providers see it. */
export interface ProvidersClient {
  readonly name: string;
  readonly backlog: string[];
  readonly atWork: StepsAtWork;
}

type ChargeOutcome = Awaited<ReturnType<PaymentGateway['charge']>>;
type RefundOutcome = Awaited<ReturnType<PaymentGateway['refund']>>;
type BookingOutcome = Awaited<ReturnType<Carrier['book']>>;
type SendOutcome = Awaited<ReturnType<Mailer['send']>>;

const FAILURES_OF_A_FLAKY_CARD = 2;
const REFUSED_RECIPIENT = 'nobody@example.com';

/** Answers a repeated key as it did at first. */
class Answers<Outcome> {
  readonly given = new Map<string, Outcome>();

  once(key: string, act: () => Outcome): Outcome {
    const known = this.given.get(key);
    if (known !== undefined) return known;
    const outcome = act();
    this.given.set(key, outcome);
    return outcome;
  }
}

interface Record extends ProvidersRecord {
  readonly charges: Money[];
  readonly refunds: Money[];
  readonly parcels: string[];
  readonly recalled: string[];
}

/** Gateway, carrier and mail server: what they did is what the books of the services are checked against. */
export class SimulatedProviders implements ProviderRecords {
  /** How often the customer was told, by template and order. */
  readonly mails = new Map<string, number>();
  readonly #records = new Map<string, Record>();
  readonly #attempts = new Map<string, number>();
  readonly #charged = new Answers<ChargeOutcome>();
  readonly #refunded = new Answers<RefundOutcome>();
  readonly #booked = new Answers<BookingOutcome>();
  readonly #sent = new Answers<SendOutcome>();
  readonly #environment: Environment;
  readonly #refundsAgain: boolean;

  /** @param refundsAgain a charge is refunded under every new key */
  constructor(environment: Environment, refundsAgain: boolean) {
    this.#environment = environment;
    this.#refundsAgain = refundsAgain;
  }

  for(process: ProvidersClient): Providers {
    return {
      gateway: {
        charge: (charge, key) => this.#ask(process, 'charge', key, () => this.#charge(charge, key)),
        refund: (reference, key) => this.#ask(process, 'refund', key, () => this.#refund(reference, key)),
        reverse: ({ reference, chargeId }, key) => this.#ask(process, 'refund', key, () => this.#reverse(reference, chargeId)),
      },
      carrier: {
        book: (parcel, key) => this.#ask(process, 'book', key, () => this.#book(parcel, key)),
        recall: ({ reference, trackingNumber }, key) =>
          this.#ask(process, 'recall', key, () => {
            const { recalled } = this.#record(reference);
            if (!recalled.includes(trackingNumber)) recalled.push(trackingNumber);
          }),
      },
      mailer: { send: (message, key) => this.#ask(process, 'send', key, () => this.#send(message, key)) },
    };
  }

  recordOf(orderId: string): ProvidersRecord | undefined {
    return this.#records.get(orderId);
  }

  records(): Iterable<ProvidersRecord> {
    return this.#records.values();
  }

  /** What they did and answered: part of the world's state. */
  describe(): Iterable<unknown>[] {
    const answers = [this.#charged, this.#refunded, this.#booked, this.#sent].map((each) => each.given);
    return [this.#records, this.mails, this.#attempts, ...answers];
  }

  #record(orderId: string): Record {
    const known = this.#records.get(orderId);
    if (known !== undefined) return known;
    const record: Record = { orderId, charges: [], refunds: [], parcels: [], recalled: [] };
    this.#records.set(orderId, record);
    return record;
  }

  #charge({ reference, amount, paymentMethod }: Parameters<PaymentGateway['charge']>[0], key: string): ChargeOutcome {
    if (paymentMethod === 'pm_gateway_down') throw new Error('The gateway does not answer');
    if (paymentMethod === 'pm_card_flaky') this.#failAtFirst(key);
    return this.#charged.once(key, () => {
      if (paymentMethod === 'pm_card_declined') return { kind: 'declined', reason: 'insufficient funds' };
      const charge = { id: `ch_${key}`, amount };
      this.#record(reference).charges.push(charge);
      this.#environment.ledger.acted(reference);
      return { kind: 'charged', chargeId: charge.id };
    });
  }

  #failAtFirst(key: string): void {
    const attempts = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempts);
    if (attempts <= FAILURES_OF_A_FLAKY_CARD) throw new Error('The gateway timed out');
  }

  #refund(reference: string, key: string): RefundOutcome {
    const { charges, refunds } = this.#record(reference);
    const [charge] = charges;
    // Nothing moved, so there is nothing to remember: the charge may still come.
    if (charge === undefined) return { kind: 'nothing-charged' };
    return this.#refunded.once(key, () => {
      const refund = { id: `re_${charge.id}`, amount: charge.amount };
      if (this.#refundsAgain || !refunds.some(({ id }) => id === refund.id)) refunds.push(refund);
      this.#environment.ledger.acted(reference);
      return { kind: 'refunded', refundId: refund.id, chargeId: charge.id, amount: refund.amount };
    });
  }

  #reverse(reference: string, chargeId: string): string {
    const { charges, refunds } = this.#record(reference);
    const charge = charges.find(({ id }) => id === chargeId);
    if (charge === undefined) throw new Error('There is no such charge');
    const reversal = { id: `rv_${chargeId}`, amount: charge.amount };
    if (!refunds.some(({ id }) => id === reversal.id)) refunds.push(reversal);
    this.#environment.ledger.acted(reference);
    return reversal.id;
  }

  #book({ reference, address }: Parameters<Carrier['book']>[0], key: string): BookingOutcome {
    return this.#booked.once(key, () => {
      if (address.country === 'AQ') return { kind: 'refused', reason: 'no service to AQ' };
      const trackingNumber = `TRK-${key}`;
      this.#record(reference).parcels.push(trackingNumber);
      this.#environment.ledger.acted(reference);
      return { kind: 'booked', trackingNumber };
    });
  }

  #send({ recipient, template }: Parameters<Mailer['send']>[0], key: string): SendOutcome {
    return this.#sent.once(key, () => {
      const mail = `${template} ${key.slice(key.lastIndexOf(':') + 1)}`;
      this.mails.set(mail, (this.mails.get(mail) ?? 0) + 1);
      return recipient === REFUSED_RECIPIENT ? { kind: 'refused', reason: 'no such mailbox' } : { kind: 'sent' };
    });
  }

  /** A call over a network: it may fail, get through without an answer, or get through when nobody waits any more. */
  #ask<Outcome>(process: ProvidersClient, kind: CallKind, key: string, act: () => Outcome): Promise<Outcome> {
    const { calls, faults, choices } = this.#environment;
    const steps = process.atWork.calling;
    const timedOut = new Error('No answer: the outcome is unknown');
    return calls.make({
      process,
      kind,
      steps,
      about: () => key,
      perform: () => {
        process.backlog.push(key);
        if (faults.strikes('effect failed', steps)) throw new Error('The provider is out of order');
        if (faults.strikes('effect timed out, not done', steps)) throw timedOut;
        if (faults.strikes('effect timed out, done', steps)) {
          act();
          throw timedOut;
        }
        if (faults.strikes('effect timed out, done later', steps)) {
          calls.make({ process: undefined, kind: 'late effect', about: () => key, perform: act }).catch(() => undefined);
          throw timedOut;
        }
        this.#environment.trace.note(process.name, providerOf(kind), kind);
        return act();
      },
      abandon: () => {
        faults.count('crash during an effect', steps);
        if (choices.pick(2) === 0) return;
        calls.make({ process: undefined, kind: 'late effect', about: () => key, perform: act }).catch(() => undefined);
      },
    });
  }
}

function providerOf(kind: CallKind): string {
  if (kind === 'charge' || kind === 'refund') return 'gateway';
  return kind === 'send' ? 'mail server' : 'carrier';
}
