import { claimOf } from '../claims.js';
import type { InFlight } from '../in-flight.js';
import { MicroBatcher } from '../micro-batch.js';
import type { Observer } from '../observer.js';
import type { Claim, Store } from '../ports.js';
import type { Stage, Work } from '../work.js';

const LOOKED_UP_AT_ONCE = 1_000;

/**
 * Copies of events that a step has handled end here, before its effect is called: an hour of events that are sent again would be an
 * hour of calls, and an outside that has forgotten their keys would act again. What comes for the first time is not looked up.
 */
export function knownStage(store: Pick<Store, 'handled'>, inFlight: InFlight, observer: Observer): Stage<Work, Work> {
  return (next) => {
    /** What cannot be looked up is called for, as its key is the same. */
    async function handled(claims: readonly Claim[]): Promise<readonly boolean[]> {
      try {
        return await store.handled(claims);
      } catch (error) {
        observer.trouble('what was handled before could not be looked up; its effects are called again', error);
        return [];
      }
    }
    async function lookUp(works: readonly Work[]): Promise<void> {
      const known = await handled(works.flatMap((work) => claimOf(work) ?? []));
      works.forEach((work, index) => {
        inFlight.effectEnded();
        if (known[index]) work.settle({ kind: 'duplicate' });
        else next(work);
      });
    }
    const repeated = new MicroBatcher<Work>(lookUp, LOOKED_UP_AT_ONCE);
    return (work) => {
      if (work.bound.step.effect === undefined || !work.event?.repeated) return next(work);
      // Its call may follow: until then more work may come.
      inFlight.effectBegun();
      repeated.push(work);
    };
  };
}
