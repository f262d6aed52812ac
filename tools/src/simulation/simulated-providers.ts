import { type GatewayAnswer, gatewayOver } from '@quickstep/payment-service/simulated-gateway';
import { type CarrierAnswer, carrierOver } from '@quickstep/shipping-service/simulated-carrier';
import { type ProvidersRecord, providersOf } from '@quickstep/system/invariants';
import type { CallKind } from './calls.js';
import type { Environment } from './environment.js';
import type { Carrier, Mailer, PaymentGateway, ProviderRecords, Providers } from './providers.js';
import { SimulatedLedger } from './simulated-ledger.js';
import type { Tampering } from './tampering.js';
import type { StepsAtWork } from './watched-steps.js';

/** A process as its providers see it. */
export interface ProvidersClient {
  readonly name: string;
  readonly backlog: string[];
  readonly atWork: StepsAtWork;
}

type SendOutcome = Awaited<ReturnType<Mailer['send']>>;

const REFUSED_RECIPIENT = 'nobody@example.com';

/** Gateway, carrier and mail server: what they did is what the books of the services are checked against. */
export class SimulatedProviders implements ProviderRecords {
  /** How often the customer was told, by template and order. */
  readonly mails = new Map<string, number>();
  readonly #payments: SimulatedLedger<GatewayAnswer>;
  readonly #parcels: SimulatedLedger<CarrierAnswer>;
  readonly #sent = new Map<string, SendOutcome>();
  readonly #gateway: PaymentGateway;
  readonly #carrier: Carrier;
  readonly #environment: Environment;

  constructor(environment: Environment, { gatewayLedger }: Pick<Tampering, 'gatewayLedger'>) {
    this.#environment = environment;
    const acted = (orderId: string) => environment.ledger.acted(orderId);
    this.#payments = new SimulatedLedger(acted);
    this.#parcels = new SimulatedLedger(acted);
    this.#gateway = gatewayOver(gatewayLedger(this.#payments));
    this.#carrier = carrierOver(this.#parcels);
  }

  for(process: ProvidersClient): Providers {
    const [gateway, carrier] = [this.#gateway, this.#carrier];
    return {
      gateway: {
        charge: (charge, key, signal) => this.#ask(process, 'charge', key, () => gateway.charge(charge, key, signal)),
        refund: (reference, key, signal) => this.#ask(process, 'refund', key, () => gateway.refund(reference, key, signal)),
        reverse: (reversal, key, signal) => this.#ask(process, 'refund', key, () => gateway.reverse(reversal, key, signal)),
      },
      carrier: {
        book: (parcel, key, signal) => this.#ask(process, 'book', key, () => carrier.book(parcel, key, signal)),
        recall: (parcel, key, signal) => this.#ask(process, 'recall', key, () => carrier.recall(parcel, key, signal)),
      },
      mailer: { send: (message, key) => this.#ask(process, 'send', key, async () => this.#send(message, key)) },
    };
  }

  recordOf(orderId: string): ProvidersRecord | undefined {
    return providersOf(this.#payments.about(orderId), this.#parcels.about(orderId))[0];
  }

  records(): readonly ProvidersRecord[] {
    return providersOf(this.#payments.all(), this.#parcels.all());
  }

  /** What they did and answered: part of the world's state. */
  describe(): Iterable<unknown>[] {
    return [this.mails, this.#sent, ...this.#payments.describe(), ...this.#parcels.describe()];
  }

  /** Answers a repeated key as it did at first. */
  #send({ recipient, template }: Parameters<Mailer['send']>[0], key: string): SendOutcome {
    const known = this.#sent.get(key);
    if (known !== undefined) return known;
    const mail = `${template} ${key.slice(key.lastIndexOf(':') + 1)}`;
    this.mails.set(mail, (this.mails.get(mail) ?? 0) + 1);
    const outcome: SendOutcome =
      recipient === REFUSED_RECIPIENT ? { kind: 'refused', reason: 'no such mailbox' } : { kind: 'sent' };
    this.#sent.set(key, outcome);
    return outcome;
  }

  /** A call over a network: it may fail, get through without an answer, or get through when nobody waits any more. */
  #ask<Outcome>(process: ProvidersClient, kind: CallKind, key: string, act: () => Promise<Outcome>): Promise<Outcome> {
    const { calls, faults, choices } = this.#environment;
    const steps = process.atWork.calling;
    const timedOut = new Error('No answer: the outcome is unknown');
    const later = () =>
      void calls
        .make<unknown>({ process: undefined, kind: 'late effect', about: () => key, perform: act })
        .catch(() => undefined);
    return calls.make<Outcome>({
      process,
      kind,
      steps,
      about: () => key,
      perform: () => {
        process.backlog.push(key);
        if (faults.strikes('effect failed', steps)) throw new Error('The provider is out of order');
        if (faults.strikes('effect timed out, not done', steps)) throw timedOut;
        if (faults.strikes('effect timed out, done', steps)) {
          act().catch(() => undefined);
          throw timedOut;
        }
        if (faults.strikes('effect timed out, done later', steps)) {
          later();
          throw timedOut;
        }
        this.#environment.trace.note(process.name, providerOf(kind), kind);
        return act();
      },
      abandon: () => {
        faults.count('crash during an effect', steps);
        if (choices.pick(2) !== 0) later();
      },
    });
  }
}

function providerOf(kind: CallKind): string {
  if (kind === 'charge' || kind === 'refund') return 'gateway';
  return kind === 'send' ? 'mail server' : 'carrier';
}
