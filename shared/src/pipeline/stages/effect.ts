import { callsOutside } from '../../choreography/index.js';
import type { Effects } from '../effects.js';
import type { InFlight } from '../in-flight.js';
import type { IntakeGate } from '../intake.js';
import type { Stage, Work } from '../work.js';

/** Calls the outside world for the steps that declare an effect, where it is needed, before their work joins a batch. */
export function effectStage(effects: Effects, inFlight: InFlight, gate: Pick<IntakeGate, 'opens'>): Stage<Work, Work> {
  return (next) => {
    async function call(work: Work): Promise<void> {
      inFlight.effectBegun();
      const ended = work.span?.effect(work.bound.effect ?? work.bound.name);
      let answer: unknown;
      try {
        if (gate.opens !== undefined) await gate.opens;
        answer = await effects.run(work.bound, work.message);
      } catch (error) {
        inFlight.effectEnded();
        ended?.(error);
        return work.settle({ kind: 'failed', error });
      }
      inFlight.effectEnded();
      ended?.();
      next({ ...work, answer });
    }
    // No promise where nothing is waited for: this runs for every event.
    return (work) => {
      if (callsOutside(work.bound.step, work.message)) void call(work);
      else next(work);
    };
  };
}
