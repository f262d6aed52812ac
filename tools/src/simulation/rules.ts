import { type Rule as SagaRule, rules as sagaRules } from '@quickstep/system/invariants';

/** What must hold besides the saga's invariants; only a simulation, which sees everything that happens, can tell. */
const ownRules = [
  'an ended order stays as it ended',
  'an order has ended when its status says so',
  'every open order has a deadline',
  'a reservation ends once',
  'a payment is charged or declined',
  'a refunded payment is closed',
  'a cancellation is carried out or rejected',
  'nobody cancels an ended order',
  'only an ended order cannot be cancelled',
  'a good order is accepted',
  'a placed order is known',
  'an idempotency key stands for one request',
  'no command fails',
  'an event takes effect once',
  'one cause has one effect',
  'every event keeps its contract',
  'every event comes from whom its contract says',
  'every event reaches its consumers',
  'only what was committed is published',
  'no step meets what cannot happen',
  'the catalogue follows the warehouse',
  'an orderly stop finishes its work',
  'without faults everything ends',
] as const;

export type Rule = SagaRule | (typeof ownRules)[number];

export const rules: readonly Rule[] = [...sagaRules, ...ownRules];

/** A rule did not hold. */
export interface Violation {
  readonly rule: Rule;
  /** Which order, SKU or event, and what was found of it. */
  readonly detail: string;
}

export type Violate = (rule: Rule, detail: string) => void;
