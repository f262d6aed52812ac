import type { BoundSteps } from '../bound-step.js';
import type { Delivery } from '../ports.js';
import type { Stage, Work } from '../work.js';
import { decode } from './decode.js';
import { Settlement, type SettleOptions } from './settle.js';

/** Reads a message and hands on each of its events to each step that listens; what cannot be read is parked. */
export function receiveStage(steps: BoundSteps, options: SettleOptions): Stage<Delivery, Work> {
  return (next) => (delivery) => {
    const decoded = decode(delivery, steps.contracts);
    const settlement = new Settlement(delivery, decoded.length, options);
    for (const each of decoded) {
      if (!each.ok) {
        settlement.park(each);
        continue;
      }
      const { event, body } = each;
      if (event === undefined) {
        settlement.leftOut();
        continue;
      }
      const { id, tenantid, correlationid, traceparent } = event;
      const cause = { id, tenantid: tenantid ?? 'default', correlationid, traceparent };
      const listeners = steps.listeners(event.type);
      const settle = settlement.results(event, body, listeners);
      for (const bound of listeners) {
        const awaitedBy = bound.awaitedBy(event.type);
        next({
          bound,
          message: event,
          cause,
          awaitedBy,
          answer: undefined,
          event: { event, body, repeated: delivery.repeated },
          settle: (result) => settle(bound, result),
        });
      }
    }
  };
}
