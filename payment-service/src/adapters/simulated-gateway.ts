import { createHash } from 'node:crypto';
import type { Ledger } from '@quickstep/shared/providers';
import type { Charge, ChargeOutcome, PaymentGateway, RefundOutcome } from '../domain/gateway.js';

type Charged = Extract<ChargeOutcome, { kind: 'charged' }> & { readonly amount: number };

/** What the gateway remembers having answered. */
export type GatewayAnswer = Charged | Extract<ChargeOutcome, { kind: 'declined' }> | RefundOutcome;

const FAILURES_OF_A_FLAKY_CARD = 2;

/** The same input always gives the same id, so that a charge or refund that is asked for twice is one. */
const idOf = (prefix: string, of: string) => `${prefix}_${createHash('sha256').update(of).digest('hex').slice(0, 24)}`;

/**
 * A payment gateway for development and tests that keeps its own record, also across restarts. The token decides: `pm_card_declined`
 * is declined, `pm_card_flaky` fails twice and then succeeds, `pm_gateway_down` never answers well; any other is charged.
 */
export class SimulatedGateway implements PaymentGateway {
  readonly #ledger: Ledger<GatewayAnswer>;

  constructor(ledger: Ledger<GatewayAnswer>) {
    this.#ledger = ledger;
  }

  async charge({ reference, amount, paymentMethod }: Charge, idempotencyKey: string): Promise<ChargeOutcome> {
    if (paymentMethod === 'pm_gateway_down') throw new Error('The payment gateway does not answer');
    if (paymentMethod === 'pm_card_flaky' && (await this.#ledger.attempt(idempotencyKey)) <= FAILURES_OF_A_FLAKY_CARD) {
      throw new Error('The payment gateway timed out');
    }
    const answer: GatewayAnswer =
      paymentMethod === 'pm_card_declined'
        ? { kind: 'declined', reason: 'insufficient funds' }
        : { kind: 'charged', chargeId: idOf('ch', idempotencyKey), amount };
    return chargeOutcome(await this.#ledger.answerOnce(idempotencyKey, reference, 'charge', answer));
  }

  async refund(reference: string, idempotencyKey: string): Promise<RefundOutcome> {
    const answers = await this.#ledger.byReference(reference, 'charge');
    const charged = answers.find((answer) => answer.kind === 'charged');
    const answer: RefundOutcome =
      charged === undefined
        ? { kind: 'nothing-charged' }
        : { kind: 'refunded', refundId: idOf('re', charged.chargeId), amount: charged.amount };
    return refundOutcome(await this.#ledger.answerOnce(idempotencyKey, reference, 'refund', answer));
  }
}

function chargeOutcome(answer: GatewayAnswer): ChargeOutcome {
  if (answer.kind === 'charged' || answer.kind === 'declined') return answer;
  throw new Error('The idempotency key of a charge was used for a refund');
}

function refundOutcome(answer: GatewayAnswer): RefundOutcome {
  if (answer.kind === 'refunded' || answer.kind === 'nothing-charged') return answer;
  throw new Error('The idempotency key of a refund was used for a charge');
}
