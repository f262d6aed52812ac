import { createHash } from 'node:crypto';
import type { Ledger } from '@quickstep/simulated-providers';
import type { Charge, ChargeOutcome, PaymentGateway, RefundOutcome, Reversal } from '../domain/gateway.js';

type Charged = Extract<ChargeOutcome, { kind: 'charged' }> & { readonly amount: number };

type Refunded = Extract<RefundOutcome, { kind: 'refunded' }>;
type Reversed = { readonly kind: 'reversed'; readonly reversalId: string; readonly chargeId: string };

/** What the gateway remembers having answered. */
export type GatewayAnswer = Charged | Extract<ChargeOutcome, { kind: 'declined' }> | Refunded | Reversed;

const FAILURES_OF_A_FLAKY_CARD = 2;

/** The same input always gives the same id, so that a charge or refund that is asked for twice is one. */
const idOf = (prefix: string, of: string) => `${prefix}_${createHash('sha256').update(of).digest('hex').slice(0, 24)}`;

/**
 * A payment gateway for development and tests that keeps its own record, also across restarts. The token decides: `pm_card_declined`
 * is declined, `pm_card_flaky` fails twice and then succeeds, `pm_gateway_down` never answers well; any other is charged.
 */
class SimulatedGateway implements PaymentGateway {
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
    const first = await this.#ledger.answerOnce(idempotencyKey, reference, 'charge', answer);
    if (first.kind === 'charged' || first.kind === 'declined') return first;
    throw keyReused('charge', first);
  }

  async refund(reference: string, idempotencyKey: string): Promise<RefundOutcome> {
    const charges = await this.#ledger.byReference(reference, 'charge');
    const reversed = await this.#ledger.byReference(reference, 'reversal');
    const isReversed = ({ chargeId }: Charged) =>
      reversed.some((answer) => answer.kind === 'reversed' && answer.chargeId === chargeId);
    const charged = charges.find((answer): answer is Charged => answer.kind === 'charged' && !isReversed(answer));
    // No money moved, so there is nothing to remember: a charge may still come.
    if (charged === undefined) return { kind: 'nothing-charged' };
    const { chargeId, amount } = charged;
    const answer: Refunded = { kind: 'refunded', refundId: idOf('re', chargeId), chargeId, amount };
    const first = await this.#ledger.answerOnce(idempotencyKey, reference, 'refund', answer);
    if (first.kind === 'refunded') return first;
    throw keyReused('refund', first);
  }

  async reverse({ reference, chargeId }: Reversal, idempotencyKey: string): Promise<string> {
    const answer: Reversed = { kind: 'reversed', reversalId: idOf('rv', chargeId), chargeId };
    const first = await this.#ledger.answerOnce(idempotencyKey, reference, 'reversal', answer);
    if (first.kind === 'reversed') return first.reversalId;
    throw keyReused('reversal', first);
  }
}

export const gatewayOver = (ledger: Ledger<GatewayAnswer>): PaymentGateway => new SimulatedGateway(ledger);

function keyReused(asked: string, { kind }: GatewayAnswer): Error {
  return new Error(`The idempotency key of a ${asked} was used for something that was ${kind}`);
}
