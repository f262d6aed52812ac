/** Every rule, in the words that a report shows. What a rule means stands where it is checked. */
export const rules = [
  'on hand = available + reserved',
  'no stock is negative',
  'what is reserved is held by orders',
  'once all orders have ended nothing is reserved',
  'what has not left is on hand',
  'every record belongs to an order',
  'what was accepted is durable',
  'every order ends',
  'an order ends once',
  'a completed order is paid',
  'no charge without a completed order or a refund',
  'charges - refunds = total of completed orders',
  'at most one charge is kept',
  'at most one refund for each charge',
  'no effect without its record',
  'a completed order is on its way',
  'no parcel of a cancelled order is on its way',
  'at most one parcel per order',
  'the stock of a completed order has left',
  'a cancelled order holds no stock',
  'the customer is told once',
  'every event is traceable to its cause',
] as const;

export type Rule = (typeof rules)[number];

export interface Violation {
  readonly rule: Rule;
  /** Which order, SKU or event, and what was found of it. */
  readonly detail: string;
}

/** One line for a report: `no stock is negative: SKU-1: on hand 3, available -1, reserved 4`. */
export const textOf = ({ rule, detail }: Violation) => `${rule}: ${detail}`;

/** Nothing, or one violation, when the condition does not hold. */
export function unless(holds: boolean, rule: Rule, detail: () => string): Violation[] {
  return holds ? [] : [{ rule, detail: detail() }];
}
